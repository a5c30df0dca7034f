// The servers that are measured: catena, its peers as Debian has them with the configurations in
// peers/, and the null server. Only one of them runs at a time, started anew for each measurement, so
// that none has another's memory or threads beside it.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BUILD, HERE, PROFILED } from "./places.mjs";
import { Program } from "./processes.mjs";

export const DESCRIPTORS = Number(execFileSync("sh", ["-c", "ulimit -H -n"], { encoding: "utf8" })) || 1 << 20;

// Writes the peer's configuration, filled in.
function configured(name, { port, root, work }) {
  const values = {
    PORT: port, ROOT: root, WORK: work, DESCRIPTORS: Math.min(DESCRIPTORS, 65535), APACHE_MODULES: "/usr/lib/apache2/modules",
  };
  const text = readFileSync(join(HERE, "peers", name), "utf8").replace(/\$\{([A-Z_]+)\}/g, (all, key) => values[key] ?? all);
  const file = join(work, name);
  writeFileSync(file, text);
  return file;
}

// The null server's answer to what a cell asks for.
function constantAnswer(cell, work) {
  const { status, size, file: sent } = cell.constant;
  const head = [
    `HTTP/1.1 ${status}`,
    "Server: null",
    `Date: ${new Date().toUTCString()}`,
    ...(size === null ? [] : ["Content-Type: text/html; charset=utf-8", `Content-Length: ${size}`]),
    "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT",
    'ETag: "17a5c9d2e4b10000-400"',
    ...(cell.closes ? ["Connection: close"] : []),
  ];
  const file = join(work, "answer");
  writeFileSync(file, `${head.join("\r\n")}\r\n\r\n${"x".repeat(sent ? 0 : size ?? 0)}`);
  return file;
}

const firstLineOf = (command, ...args) => {
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return `${stdout}${stderr}`.split("\n")[0].trim();
};

// name: whether it is a peer, its version, how it is started, and whether it may close kept connections. `at` has port, root and a directory
// to write into.
export const SERVERS = {
  catena: {
    version: () => firstLineOf(join(PROFILED, "bin/catena"), "--version"),
    command: (at, cell) => [
      join(PROFILED, "bin/catena"),
      ["serve", "--config", join(HERE, cell.configuration ?? "catena.json"), "--root", at.root, "--port", String(at.port)],
      { CATENA_BENCH_LOG: join(at.work, "access.log"), CATENA_BENCH_SLEEPER: join(BUILD, "bench/libbench_sleeper.so") },
    ],
  },
  nginx: {
    peer: true,
    version: () => firstLineOf("/usr/sbin/nginx", "-v").replace("nginx version: ", ""),
    command: (at) => ["/usr/sbin/nginx", ["-p", at.work, "-e", "stderr", "-c", configured("nginx.conf", at)]],
  },
  lighttpd: {
    peer: true,
    version: () => firstLineOf("/usr/sbin/lighttpd", "-v"),
    command: (at) => ["/usr/sbin/lighttpd", ["-D", "-f", configured("lighttpd.conf", at)]],
  },
  apache: {
    peer: true,
    // Its event MPM closes kept connections while all its threads are busy; clients then connect again.
    mayClose: true,
    version: () => firstLineOf("/usr/sbin/apache2", "-v").replace("Server version: ", ""),
    command: (at) => ["/usr/sbin/apache2", ["-D", "FOREGROUND", "-f", configured("apache.conf", at)]],
  },
  caddy: {
    peer: true,
    version: () => `caddy ${firstLineOf("caddy", "version")}`,
    command: (at) => [
      "caddy", ["run", "--adapter", "caddyfile", "--config", configured("Caddyfile", at)],
      { HOME: at.work, XDG_CONFIG_HOME: at.work, XDG_DATA_HOME: at.work },
    ],
  },
  null: {
    version: () => "tests/bench/null_server.cpp",
    command: (at, cell) => [
      join(BUILD, "bench/bench_null_server"),
      [String(at.port), constantAnswer(cell, at.work), ...(cell.closes ? ["close"] : []),
        ...(cell.constant.file ? [join(at.root, cell.constant.file)] : [])],
    ],
  },
};

export const PEERS = Object.keys(SERVERS).filter((name) => SERVERS[name].peer);

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const answers = (port) => new Promise((resolve) => {
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => resolve(true)).once("error", () => resolve(false)).once("close", () => socket.destroy());
  socket.once("connect", () => socket.destroy());
});

// The program, once it accepts connections, and where.
export async function start(name, cell, { root, work: parent }) {
  const work = join(parent, name);
  mkdirSync(work, { recursive: true, mode: 0o777 });
  const at = { port: await freePort(), root, work };
  const [command, args, env] = SERVERS[name].command(at, cell);
  const program = new Program(command, args, { log: join(work, "log"), env });
  const deadline = Date.now() + 10_000;
  while (!(await answers(at.port))) {
    if (!program.running || Date.now() > deadline) {
      await program.stop();
      throw new Error(`${name} did not start:\n${program.said()}`);
    }
    await sleep(20);
  }
  return { program, url: `http://127.0.0.1:${at.port}`, port: at.port };
}
