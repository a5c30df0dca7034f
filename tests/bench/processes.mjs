// Starts programs, tells what they take by /proc, and sees to it that none outlives this one.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const started = new Set();

// Each program has a process group of its own, so that what it started ends with it.
function endGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

process.on("exit", () => started.forEach((program) => endGroup(program.pid, "SIGKILL")));
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]]) {
  process.on(signal, () => process.exit(code));
}

export class Program {
  // Starts it with as many descriptors as there may be. What it says goes to the file `log`.
  constructor(command, args, { log, env = {} }) {
    this.command = command;
    this.log = log;
    const output = openSync(log, "w");
    this.child = spawn("sh", ["-c", 'ulimit -n "$(ulimit -H -n)" && exec "$@"', "sh", command, ...args], {
      detached: true,
      stdio: ["ignore", output, output],
      env: { ...process.env, ...env },
    });
    closeSync(output);
    this.pid = this.child.pid;
    started.add(this);
    this.ended = once(this.child, "exit").then(([code, signal]) => ({ code, signal }));
  }

  get running() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  said() {
    return readFileSync(this.log, "utf8");
  }

  // Asks it to end, and ends it when it does not.
  async stop() {
    if (this.running) this.child.kill("SIGTERM");
    await Promise.race([this.ended, sleep(5000, null, { ref: false })]);
    endGroup(this.pid, "SIGKILL");
    await this.ended;
    started.delete(this);
  }
}

// Runs it to its end; returns what it said, throws when it fails.
export async function run(command, args, options) {
  const program = new Program(command, args, options);
  const { code, signal } = await program.ended;
  started.delete(program);
  if (code !== 0) throw new Error(`${command} ended with ${signal ?? code}:\n${program.said()}`);
  return program.said();
}

const stat = (pid) => {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
};

// The process and all that descend from it.
export function family(pid) {
  const children = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = Number(stat(name)[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const all = [pid];
  for (const member of all) all.push(...(children.get(member) ?? []));
  return all;
}

// Seconds of CPU that programs took which this process started and which have ended.
export function takenByEnded() {
  const [children, childrenInKernel] = stat("self").slice(13, 15).map(Number);
  return (children + childrenInKernel) / ticksPerSecond;
}

// What the processes took so far, together: seconds of CPU, and those of them in the kernel, children
// that ended included; the most resident memory each had, in MiB, with pages that they share counted for
// each; threads now.
export function taken(pids) {
  const sum = { cpu: 0, kernel: 0, memory: 0, threads: 0 };
  for (const pid of pids) {
    const [user, system, childrenUser, childrenSystem] = stat(pid).slice(11, 15).map(Number);
    sum.cpu += (user + system + childrenUser + childrenSystem) / ticksPerSecond;
    sum.kernel += (system + childrenSystem) / ticksPerSecond;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    sum.memory += Number(status.match(/^VmHWM:\s*(\d+) kB/m)[1]) / 1024;
    sum.threads += Number(status.match(/^Threads:\s*(\d+)/m)[1]);
  }
  return sum;
}
