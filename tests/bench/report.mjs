// Makes of what was measured: medians, ratios, a verdict on everything that is asked, and tables.

import { PEERS, SERVERS } from "./servers.mjs";
import { CELLS } from "./cells.mjs";

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const rounded = (number, digits) => Number(number.toFixed(digits));

// One measurement each round: the median, but the most of what is a peak.
function summary(rounds) {
  const of = (figure) => rounds.map((round) => round[figure]);
  return {
    rate: rounded(median(of("rate")), 0),
    cpu: rounded(median(of("cpu")), 1),
    kernel: rounded(median(of("kernel")), 1),
    client: rounded(median(of("client")), 1),
    memory: rounded(Math.max(...of("memory")), 1),
    threads: Math.max(...of("threads")),
    p50: median(of("p50")),
    p99: median(of("p99")),
    ...(Math.max(...of("closed")) > 0 ? { closed: Math.max(...of("closed")) } : {}),
    ...(rounds.every((round) => round.by_kernel !== undefined) ? { by_kernel: rounded(Math.min(...of("by_kernel")), 3) } : {}),
    ...("beside" in rounds[0] ? { beside: rounded(median(of("beside")), 0) } : {}),
    rounds: rounds.map((round) => ({ rate: rounded(round.rate, 0), cpu: rounded(round.cpu, 2) })),
  };
}

const bestOf = (servers, figure) => {
  const peers = PEERS.filter((name) => servers[name]);
  const better = (a, b) => ((figure === "rate") === (servers[a][figure] > servers[b][figure]) ? a : b);
  return peers.length === 0 ? null : peers.reduce(better);
};

const WORDS = {
  rate: "requests per second", cpu: "CPU per request", memory: "MiB of memory", threads: "threads",
  beside: "requests per second beside", by_kernel: "part of the file sent by the kernel",
};

// What the limit is to be compared with; null when that was not measured.
function reference(limit, servers, all) {
  switch (limit.of) {
    case undefined: return { value: 1, words: "" };
    case "peer": {
      const best = bestOf(servers, limit.figure);
      return best && { value: servers[best][limit.figure], words: ` of the best peer (${best})` };
    }
    case "null": return servers.null ? { value: servers.null[limit.figure], words: " of the null server" } : null;
    default: {
      const other = all[limit.of]?.servers.catena;
      return other ? { value: other[limit.figure], words: ` of ${limit.of}` } : null;
    }
  }
}

function verdict(limit, servers, all) {
  const compared = reference(limit, servers, all);
  if (servers.catena?.[limit.figure] === undefined || !compared || compared.value === 0) return null;
  const value = rounded(servers.catena[limit.figure] / compared.value, 2);
  const met = limit.most === undefined ? value >= limit.least : value <= limit.most;
  const bound = limit.most === undefined ? `at least ${limit.least}` : `at most ${limit.most}`;
  return { figure: limit.figure, of: limit.of, bound, asked: `${WORDS[limit.figure]}: ${bound}${compared.words}`, value, met };
}

// measured[cell][server] is a list of measurements, one a round.
export function results(measured) {
  const cells = {};
  for (const cell of CELLS.filter(({ name }) => measured[name])) {
    const servers = Object.fromEntries(
      Object.keys(SERVERS).filter((name) => measured[cell.name][name]).map((name) => [name, summary(measured[cell.name][name])]));
    cells[cell.name] = { title: cell.title, servers };
  }
  for (const cell of CELLS.filter(({ name }) => cells[name])) {
    const { servers } = cells[cell.name];
    cells[cell.name].best = { rate: bestOf(servers, "rate"), cpu: bestOf(servers, "cpu"), memory: bestOf(servers, "memory") };
    cells[cell.name].verdicts = cell.asked.map((limit) => verdict(limit, servers, cells)).filter(Boolean);
  }
  return cells;
}

export const number = (value) => value.toLocaleString("en-US");
export const short = (value) => value.toFixed(value < 100 ? 1 : 0);

const table = (rows) => {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => row.map((text, i) => (i < 2 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join("  ").trimEnd()).join("\n");
};

// All servers in all cells; each figure with its ratio to the best peer's and to the null server's.
export function wholeTable(cells) {
  const rows = [["cell", "server", "req/s", "/peer", "/null", "CPU µs", "/peer", "/null", "kernel µs", "MiB", "/peer", "/null", "threads", "p99 ms"]];
  for (const [name, { servers, best }] of Object.entries(cells)) {
    for (const [server, figures] of Object.entries(servers)) {
      const ratios = (figure) => [best[figure] ? servers[best[figure]] : null, servers.null].map((other) =>
        other && other[figure] > 0 ? (figures[figure] / other[figure]).toFixed(2) : "–");
      rows.push([
        name, server, number(figures.rate), ...ratios("rate"), short(figures.cpu), ...ratios("cpu"), short(figures.kernel),
        short(figures.memory), ...ratios("memory"), String(figures.threads), (figures.p99 / 1000).toFixed(1),
      ]);
    }
  }
  return table(rows);
}

export function verdictLines(cells) {
  const all = Object.entries(cells).flatMap(([name, { verdicts }]) => verdicts.map((one) => ({ name, ...one })));
  if (all.length === 0) return "";
  const rows = [["cell", "", "is", "asked"]];
  for (const { name, met, value, asked } of all) rows.push([name, met ? "met" : "MISSED", String(value), asked]);
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i].length)));
  const lines = rows.map(([name, met, value, asked]) =>
    `${name.padEnd(widths[0])}  ${met.padEnd(widths[1])}  ${value.padStart(widths[2])}  ${asked}`);
  return `${lines.join("\n")}\n${all.filter(({ met }) => met).length} of ${all.length} met`;
}

export const machineLine = (machine) =>
  `${machine.cores} × ${machine.processor}, Linux ${machine.kernel} with ${machine.congestion_control} for congestion control; servers and load on the same machine, not pinned`;
