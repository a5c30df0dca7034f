// What is measured, a cell each, and what is asked of catena there.
//
//   title          for the table
//   loads          what wrk does: connections, path, fields, files (how many are asked for in turn);
//                  the first is what the figures are of, others run beside it
//   status         of every answer to the first load
//   large          the kernel is to send the file: requests are counted by bytes, and it is looked whether
//                  catena copies any of them
//   times          how often each server is measured in a round, where that is not once
//   closes         a new connection for every request
//   idle           connections that are held open beside, after a request on each
//   configuration  of catena, where it is another than catena.json
//   only           the servers, where not all are asked
//   asked          the limits: `most` or `least` of a figure, times that of the best peer ("peer"), of
//                  the null server ("null"), or of catena itself in another cell; or a plain number

import { LAST_MODIFIED, MANY } from "./site.mjs";

const firstRow = (connections) => [
  { figure: "cpu", most: connections < 8 ? 0.85 : 0.7, of: "peer" },
  { figure: "rate", least: 1.1, of: "peer" },
  { figure: "rate", least: 0.85, of: "null" },
];

const asGoodAsThePeers = [
  { figure: "cpu", most: 1, of: "peer" },
  { figure: "rate", least: 1, of: "peer" },
];

const BUSY = "keep-alive-64";

const cell = (name, title, rest) => ({ name, title, status: 200, ...rest });
const thousands = (number) => number.toLocaleString("en-US");
const connectionsOf = (number) => `${thousands(number)} connection${number === 1 ? "" : "s"}`;

export const KEEP_ALIVE = [1, 2, 8, 64, 256, 1000, 4000];

export const CELLS = [
  ...KEEP_ALIVE.map((connections) => cell(`keep-alive-${connections}`, `1 KiB, ${connectionsOf(connections)}`, {
    loads: [{ connections, path: "/1k.html" }], asked: firstRow(connections),
  })),
  cell("log", "1 KiB, 64 connections, access log on", {
    loads: [{ connections: 64, path: "/1k.html" }], only: ["catena"], configuration: "catena_log.json",
    asked: [{ figure: "cpu", most: 1.1, of: BUSY }, { figure: "rate", least: 0.9, of: BUSY }],
  }),
  cell("idle", "1 KiB, 64 connections beside 10,000 idle ones", {
    loads: [{ connections: 64, path: "/1k.html" }], idle: 10_000,
    asked: [
      { figure: "cpu", most: 1.1, of: BUSY }, { figure: "rate", least: 0.9, of: BUSY },
      { figure: "memory", most: 40 }, { figure: "threads", most: 31 },
    ],
  }),
  cell("sleepers", "1 KiB, 64 connections beside 200 in a handler that sleeps 50 ms", {
    loads: [{ connections: 64, path: "/1k.html" }, { connections: 200, path: "/sleep" }],
    only: ["catena"], configuration: "catena_sleeper.json",
    // All 200 asleep at once would be 4,000 requests a second; a tenth is left for waking up.
    asked: [{ figure: "rate", least: 0.8, of: BUSY }, { figure: "beside", least: 3600 }],
  }),
  ...[16, 64].map((connections) => cell(`close-${connections}`, `1 KiB, ${connections} clients, a connection for every request`, {
    loads: [{ connections, path: "/1k.html", fields: ["Connection: close"] }], closes: true,
    asked: asGoodAsThePeers,
  })),
  cell("not-modified", "304, 64 connections", {
    loads: [{ connections: 64, path: "/1k.html", fields: [`If-Modified-Since: ${LAST_MODIFIED}`] }],
    status: 304, asked: firstRow(64),
  }),
  cell("not-found", "404, 64 connections", {
    loads: [{ connections: 64, path: "/missing.html" }],
    status: 404, asked: firstRow(64),
  }),
  cell("many-files", "1 KiB, 10,000 files in turn, 64 connections", {
    loads: [{ connections: 64, path: "/many/00/00.html", files: MANY }], asked: firstRow(64),
  }),
  ...["100k", "10m"].flatMap((size) => [1, 8, 64].map((connections) =>
    cell(`${size}-${connections}`, `${size === "100k" ? "100 KiB" : "10 MiB"}, ${connectionsOf(connections)}`, {
      loads: [{ connections, path: `/${size}.bin` }],
      asked: [...asGoodAsThePeers, { figure: "by_kernel", least: 1 }], large: true,
      ...(size === "10m" ? { times: 3 } : {}),  // they lie further apart
    }))),
];

// Those of the names, and those that these are compared with, in the order above. A name may leave out
// its end: "keep-alive" is all of them.
export function cellsNamed(names) {
  const wanted = new Set();
  for (const name of names) {
    const found = CELLS.filter((one) => one.name === name || one.name.startsWith(`${name}-`));
    if (found.length === 0) throw new Error(`there is no cell "${name}"; ./dev bench --list names them`);
    for (const one of found) {
      wanted.add(one);
      for (const { of } of one.asked) {
        const other = CELLS.find((candidate) => candidate.name === of);
        if (other) wanted.add(other);
      }
    }
  }
  return names.length === 0 ? CELLS : CELLS.filter((one) => wanted.has(one));
}
