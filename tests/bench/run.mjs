// Compares catena with its peers and with a null server, on this machine.

import { cpus, release } from "node:os";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { CELLS, cellsNamed } from "./cells.mjs";
import { RESULTS, runDocs } from "./docs.mjs";
import { runInstructions } from "./instructions.mjs";
import { measure } from "./measure.mjs";
import { BUILD, temporaryDirectory } from "./places.mjs";
import { plot } from "./plot.mjs";
import { machineLine, number, results, verdictLines, wholeTable } from "./report.mjs";
import { DESCRIPTORS, SERVERS, serversFor } from "./servers.mjs";
import { makeSite } from "./site.mjs";

const USAGE = `usage: ./dev bench [CELL...] [--rounds N] [--seconds S] [--servers NAME,NAME...] [--quick]
       ./dev bench --list
       ./dev bench --docs [--check]
       ./dev bench --instructions [--write]
       ./dev bench --micro [OPTION...]

Without a CELL, all are measured; "keep-alive" stands for keep-alive-1, keep-alive-2 and so on.
  --rounds N      how often each server is measured in each cell (3); medians count
  --seconds S     how long each time (3)
  --servers LIST  only these of ${Object.keys(SERVERS).join(", ")}
  --quick         one round of 1 s without a warm-up: shows that it works, and no figures to trust
  --list          name the cells
  --docs          write what docs/bench.json holds into the documentation; --check only says what is stale
  --instructions  count instructions a request, and fail when they grew; --write keeps the new counts
  --micro         time single steps with Google Benchmark, which the options go to

A run of all cells and servers, if not a quick one, writes docs/bench.json and what follows from it; any
other writes build/release/bench/results.json and results.svg.`;

function stop(message) {
  console.error(message);
  process.exit(2);
}

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: "string" }, seconds: { type: "string" }, servers: { type: "string" }, quick: { type: "boolean" },
        list: { type: "boolean" }, docs: { type: "boolean" }, check: { type: "boolean" },
        instructions: { type: "boolean" }, write: { type: "boolean" }, help: { type: "boolean" },
      },
    });
    const positive = (name, otherwise) => {
      const value = Number(values[name] ?? otherwise);
      if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a whole number from 1 on`);
      return value;
    };
    const names = values.servers?.split(",") ?? Object.keys(SERVERS);
    const unknown = names.find((name) => !SERVERS[name]);
    if (unknown) throw new Error(`there is no server "${unknown}"`);
    return {
      ...values,
      cells: cellsNamed(positionals),
      servers: names,
      rounds: positive("rounds", values.quick ? 1 : 3),
      seconds: positive("seconds", values.quick ? 1 : 3),
      whole: positionals.length === 0 && !values.servers && !values.quick,
    };
  } catch (error) {
    return stop(`${error.message}\n./dev bench --help tells what there is`);
  }
}

const machine = () => ({
  processor: cpus()[0]?.model.trim() || "unknown processor",
  cores: cpus().length,
  kernel: release().split("-")[0],
  congestion_control: readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim(),
  load: Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]),  // before the first measurement
});

// All of them for each turn from the given one on. The order moves on by one each time, so that none
// always follows the same one.
const inTurns = (servers, first, count) =>
  Array.from({ length: count }, (_, turn) => servers.map((_, at) => servers[(at + first + turn) % servers.length])).flat();

// measured[cell][server]: a list with a measurement for each round, or as many as the cell says.
async function measureAll({ cells, servers, rounds, seconds, quick }) {
  const work = temporaryDirectory();
  const root = makeSite(join(work, "site"));
  const measured = {};
  const failures = [];
  for (let round = 0; round < rounds; ++round) {
    for (const cell of cells) {
      const here = serversFor(cell, servers);
      const times = quick ? 1 : cell.times ?? 1;
      for (const name of inTurns(here, round * times, times)) {
        const where = `round ${round + 1}/${rounds}  ${cell.name.padEnd(16)} ${name.padEnd(9)}`;
        try {
          const result = await measure(name, cell, { root, work, seconds, warmUp: !quick });
          ((measured[cell.name] ??= {})[name] ??= []).push(result);
          console.error(`${where} ${number(Math.round(result.rate)).padStart(9)}/s ${result.cpu.toFixed(1).padStart(9)} µs ${result.memory.toFixed(1).padStart(7)} MiB`);
        } catch (error) {
          failures.push(`${where.trim()}: ${error.message}`);
          console.error(`${where} FAILED: ${error.message}`);
        }
      }
    }
  }
  return { measured, failures };
}

function keep({ measured, failures }, { cells, servers, rounds, seconds, whole }, on) {
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine: on,
    settings: { rounds, seconds },
    versions: Object.fromEntries(servers.map((name) => [name, SERVERS[name].version()])),
    cells: results(measured),
  };
  console.log(`${wholeTable(report.cells)}\n\n${verdictLines(report.cells)}\n\n${machineLine(report.machine)}`);
  console.log("MiB: the sum of what each of a server's processes had resident at most, shared pages counted for each.");
  if (on.load > 0.5) console.log(`note: the machine had a load of ${on.load} before; such figures are worth little`);
  const file = whole && failures.length === 0 ? RESULTS : join(BUILD, "bench/results.json");
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(report, null, 1) + "\n");
  console.log(`written: ${file}`);
  if (file === RESULTS) runDocs({});
  else writeFileSync(join(BUILD, "bench/results.svg"), plot(report.cells));
  for (const failure of failures) console.log(`FAILED: ${failure}`);
  return failures.length > 0 ? 1 : 0;
}

const given = options();
if (given.help) {
  console.log(USAGE);
} else if (given.list) {
  for (const { name, title } of CELLS) console.log(`${name.padEnd(16)} ${title}`);
} else if (given.docs) {
  process.exit(runDocs(given));
} else if (given.instructions) {
  process.exit(runInstructions(given));
} else {
  const most = Math.max(...given.cells.map(({ idle = 0, loads }) => idle + loads.reduce((sum, one) => sum + one.connections, 0)));
  if (DESCRIPTORS < most + 500) stop(`these cells take ${most + 500} descriptors a process, and the hard limit is ${DESCRIPTORS} (ulimit -H -n)`);
  const on = machine();
  process.exit(keep(await measureAll(given), given, on));
}
