// Measures one server in one cell.

import { readFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HERE } from "./places.mjs";
import { Program, family, run, taken, takenByEnded } from "./processes.mjs";
import { SERVERS, start } from "./servers.mjs";
import { MANY, STEP, pathOfMany, sizeOf } from "./site.mjs";

// One thread of wrk for a few connections, two for more; neither it nor the server is pinned, as both
// share the cores.
const threadsFor = (connections) => (connections < 8 ? 1 : 2);

// With `size`, requests are counted by the bytes that came: of large files, many are under way at the end.
async function load(url, { connections, path, fields = [], files }, { seconds, status, mayClose, size, log }) {
  const output = await run("wrk", [
    "-t", String(threadsFor(connections)), "-c", String(connections), "-d", `${seconds}s`, "--timeout", "10s",
    "-s", join(HERE, "load.lua"), ...fields.flatMap((field) => ["-H", field]), url + path,
    ...(files ? ["--", String(files), String(STEP)] : []),
  ], { log });
  const counted = JSON.parse(output.match(/^COUNTED (.*)$/m)[1]);
  const { over_399: refused, errors } = counted;
  if (counted.requests === 0) throw new Error("no request was answered");
  const happened = Object.entries(errors).filter(([what, count]) => count > 0 && !(mayClose && what === "read"));
  if (happened.length > 0) throw new Error(`wrk met errors: ${happened.map(([what, count]) => `${what} ${count}`).join(", ")}`);
  if (refused !== (status > 399 ? counted.requests : 0)) throw new Error(`${refused} of ${counted.requests} answers had a status over 399`);
  const requests = size ? counted.bytes / size : counted.requests;
  return { requests, rate: requests / (counted.microseconds / 1e6), p50: counted.p50, p99: counted.p99, closed: errors.read };
}

const fetch = (url, path, headers) => new Promise((resolve, reject) => {
  get(url + path, { agent: false, headers, timeout: 5000 }, (response) => {
    const pieces = [];
    response.on("data", (piece) => pieces.push(piece));
    response.on("end", () => resolve({ status: response.statusCode, content: Buffer.concat(pieces) }));
    response.on("error", reject);
  }).on("error", reject).on("timeout", function () { this.destroy(new Error(`no answer to GET ${path}`)); });
});

// That the server answers as the cell wants, content and all, before anything is counted.
async function check(name, cell, url, root) {
  const [{ path, fields = [], files }] = cell.loads;
  const headers = Object.fromEntries(fields.map((line) => line.split(/: (.*)/s)));
  for (const one of files ? [0, 99, 100, MANY - 1].map(pathOfMany) : [path]) {
    const { status, content } = await fetch(url, one, headers);
    if (status !== cell.status) throw new Error(`GET ${one} was answered with ${status}, not ${cell.status}`);
    const expected = cell.status === 200 ? readFileSync(join(root, one)) : Buffer.alloc(0);
    const right = cell.status === 404 || (SERVERS[name].sendsAnswer ? content.length === expected.length : content.equals(expected));
    if (!right) throw new Error(`GET ${one} was answered with another content: ${content.length} bytes`);
  }
}

// The part of the file that the server sends by sendfile or splice, as strace sees it: what is copied
// through user space is missing. Nothing where strace may not look.
async function sentByKernel({ program, url }, path, size, log) {
  const seen = `${log}-calls`;
  const strace = new Program("strace", ["-f", "-e", "trace=sendfile,splice", "-o", seen, "-p", String(program.pid)], { log });
  try {
    while (!strace.said().includes("attached")) {
      if (!strace.running) return undefined;
      await sleep(20);
    }
    await fetch(url, path);
  } finally {
    await strace.stop();
  }
  const sent = [...readFileSync(seen, "utf8").matchAll(/(?:sendfile\(|splice\(|resumed>).* = (\d+)$/gm)];
  return sent.reduce((sum, [, bytes]) => sum + Number(bytes), 0) / size;
}

// Opens connections, has a request answered on each, and leaves them open. `closed()` is how many of
// them the server has closed since.
async function hold(port, count) {
  const sockets = [];
  let closed = 0;
  const open = () => new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("GET /1k.html HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
    sockets.push(socket);
    let got = 0;
    socket.on("data", (piece) => { if ((got += piece.length) > 1024) resolve(); });
    socket.on("error", reject);
    socket.on("close", () => { ++closed; reject(new Error("an idle connection was closed before its answer")); });
    socket.setTimeout(20_000, () => got === 0 && socket.destroy(new Error("an idle connection had no answer")));
  });
  // A few at a time, so that no queue of connections to accept runs over.
  const next = async () => { while (sockets.length < count) await open(); };
  try {
    await Promise.all(Array.from({ length: 64 }, next));
  } catch (error) {
    sockets.forEach((socket) => socket.destroy());
    throw error;
  }
  return { closed: () => closed, release: () => sockets.forEach((socket) => socket.resetAndDestroy()) };
}

// Asks for threads twice a second; the most there were.
function watchThreads(pids) {
  let most = 0;
  const look = () => { most = Math.max(most, taken(pids).threads); };
  const timer = setInterval(look, 500);
  look();
  return () => { clearInterval(timer); return most; };
}

async function count(name, server, cell, { root, work, seconds, warmUp }) {
  const loadAll = (time) => Promise.all(cell.loads.map((one, i) => load(server.url, one, {
    seconds: time,
    status: i === 0 ? cell.status : 200,
    mayClose: SERVERS[name].mayClose,
    size: cell.large && sizeOf(root, one.path),
    log: join(work, `wrk-${i}`),
  })));
  if (warmUp) await loadAll(1);
  const pids = family(server.program.pid);
  const before = taken(pids);
  const clientBefore = takenByEnded();
  const threads = watchThreads(pids);
  let loads;
  try {
    loads = await loadAll(seconds);
  } finally {
    threads();
  }
  const after = taken(pids);
  const client = takenByEnded() - clientBefore;
  const requests = loads.reduce((sum, one) => sum + one.requests, 0);
  return {
    rate: loads[0].rate,  // requests a second
    cpu: ((after.cpu - before.cpu) / requests) * 1e6,  // microseconds a request
    kernel: ((after.kernel - before.kernel) / requests) * 1e6,  // of that
    client: (client / requests) * 1e6,  // what wrk took
    memory: after.memory,  // MiB
    threads: Math.max(threads(), after.threads),
    p50: loads[0].p50,  // microseconds
    p99: loads[0].p99,
    closed: loads[0].closed,  // connections, by the server, in the middle
    ...(loads.length > 1 ? { beside: loads[1].rate } : {}),
  };
}

export async function measure(name, cell, options) {
  const server = await start(name, cell, options);
  let held = null;
  try {
    await check(name, cell, server.url, options.root);
    if (cell.idle) held = await hold(server.port, cell.idle);
    const result = await count(name, server, cell, options);
    if (cell.large && name === "catena") {
      const { path } = cell.loads[0];
      result.by_kernel = await sentByKernel(server, path, sizeOf(options.root, path), join(options.work, "strace"));
    }
    if (held?.closed()) throw new Error(`${held.closed()} of the ${cell.idle} idle connections were closed`);
    if (!server.program.running) throw new Error("it ended under load");
    return result;
  } catch (error) {
    error.message += `\n${server.program.said().split("\n").slice(-10).join("\n")}`;
    throw error;
  } finally {
    held?.release();
    await server.program.stop();
  }
}
