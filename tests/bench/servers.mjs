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

const firstLineOf = (command, ...args) => {
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  return `${stdout}${stderr}`.split("\n")[0].trim();
};

const nullServer = (at, cell, ...more) => [join(BUILD, "bench/bench_null_server"), [String(at.port), at.answer, ...more]];

// name: whether it is a peer, its version, how it is started, whether it may close kept connections, whether
// it sends what catena answers, and which cells it is for, where it is not all of them. `at` has port, root, a directory to write into, and the file with the answer.
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
    sendsAnswer: true,
    command: (at, cell) => nullServer(at, cell,
      ...(cell.closes ? ["close"] : []), ...(cell.large ? [join(at.root, cell.loads[0].path)] : [])),
  },
  // As many answers in memory as there are files, one after the other.
  "null-many": {
    version: () => SERVERS.null.version(),
    cells: (cell) => cell.loads[0].files > 1,
    sendsAnswer: true,
    command: (at, cell) => nullServer(at, cell, String(cell.loads[0].files)),
  },
};

export const PEERS = Object.keys(SERVERS).filter((name) => SERVERS[name].peer);

// Those of the servers that are measured in the cell.
export const serversFor = (cell, names) =>
  names.filter((name) => cell.only?.includes(name) ?? SERVERS[name].cells?.(cell) ?? true);

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

// What is answered to the cell's request, as it comes over the wire; of a large file the head only.
const answerTo = ({ loads: [{ path, fields = [] }], large }, port) => new Promise((resolve, reject) => {
  const request = [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", ...fields, "", ""].join("\r\n");
  const socket = connect(port, "127.0.0.1", () => socket.write(request));
  let answer = "";
  socket.setEncoding("latin1").setTimeout(5000, () => socket.destroy(new Error("no whole answer in time")));
  socket.on("error", reject).on("close", () => reject(new Error("the answer ended too soon")));
  socket.on("data", (piece) => {
    answer += piece;
    const head = answer.indexOf("\r\n\r\n") + 4;
    if (head < 4) return;
    const length = large ? 0 : Number(answer.slice(0, head).match(/^Content-Length: (\d+)/im)?.[1] ?? 0);
    if (answer.length < head + length) return;
    resolve(answer.slice(0, head + length));
    socket.destroy();
  });
});

// A file with what catena answers in the cell.
async function answerOfCatena(cell, options) {
  const { program, port } = await start("catena", cell, options);
  try {
    const file = join(options.work, "answer");
    writeFileSync(file, await answerTo(cell, port), "latin1");
    return file;
  } finally {
    await program.stop();
  }
}

// The program, once it accepts connections, and where.
export async function start(name, cell, options) {
  const { root } = options;
  const work = join(options.work, name);
  mkdirSync(work, { recursive: true, mode: 0o777 });
  const answer = SERVERS[name].sendsAnswer ? await answerOfCatena(cell, options) : null;
  const at = { port: await freePort(), root, work, answer };
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
