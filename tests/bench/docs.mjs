// Writes what was measured into the documentation, between marks, from docs/bench.json.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { machineLine, number, short } from "./report.mjs";
import { plot } from "./plot.mjs";
import { TREE } from "./places.mjs";

const docs = (name) => join(TREE, "docs", name);
export const RESULTS = docs("bench.json");

const NONE = "Nothing is kept yet: a whole run of `./dev bench` writes the figures here.";

const NAMES = { rate: "requests", cpu: "CPU", memory: "MiB", threads: "threads", beside: "requests beside", by_kernel: "by the kernel" };

// What was asked, and what is; in bold what is not met.
const inShort = ({ figure, of, bound, value, met }) => {
  const text = `${NAMES[figure]} ${number(value)} (${bound}${of ? ` of ${of}` : ""})`;
  return met ? text : `**${text}**`;
};

const ratio = (figures, other, figure) => (other && other[figure] > 0 ? (figures[figure] / other[figure]).toFixed(2) : "–");

// For the README: few cells, catena and the best peer of each.
function few({ cells, machine, date, settings }) {
  const shown = ["keep-alive-1", "keep-alive-64", "keep-alive-1000", "many-files", "close-64", "100k-64"].filter((name) => cells[name]?.servers.catena);
  const rows = shown.map((name) => {
    const { title, servers, best } = cells[name];
    const peer = (figure) => {
      const server = best[figure];
      return server ? `${figure === "rate" ? number(servers[server].rate) : short(servers[server].cpu)} (${server})` : "–";
    };
    return `| ${title} | ${number(servers.catena.rate)} | ${peer("rate")} | ${short(servers.catena.cpu)} | ${peer("cpu")} |`;
  });
  return [
    "| files | requests a second | the best peer's | CPU, µs a request | the best peer's |",
    "| --- | --: | --: | --: | --: |",
    ...rows,
    "",
    `Measured on ${date}: ${machineLine(machine)}; medians of ${settings.rounds} rounds of ${settings.seconds} s.`,
    "Run it on yours: such figures say nothing about another machine.",
  ].join("\n");
}

// What is missed of requests and CPU, in figures: the bound, what is, how far rounds lie apart, and what
// shows how far it could go at most: what the kernel takes of catena's CPU, what is left of it for catena's own
// part and the other's, what server and client take together, and the null server.
function missed(cells) {
  const rows = Object.values(cells).flatMap(({ title, servers, best, verdicts }) =>
    verdicts.filter(({ met, of }) => !met && ["peer", "null"].includes(of)).map(({ figure, of, bound }) => {
      const shown = figure === "rate" ? number : short;
      const other = of === "null" ? "null" : best[figure];
      const asked = Number(bound.split(" ").at(-1)) * servers[other][figure];
      const rounds = (server) => {
        const seen = servers[server].rounds.map((round) => round[figure]);
        return `${shown(Math.min(...seen))} to ${shown(Math.max(...seen))}`;
      };
      const own = (server) => short(servers[server].cpu - servers[server].kernel);
      const withClient = (server) => short(servers[server].cpu + servers[server].client);
      const ofCpu = figure === "cpu"
        ? [short(servers.catena.kernel), own("catena"), own(other), withClient("catena"), withClient(other)] : Array(5).fill("–");
      return `| ${title} | ${NAMES[figure]} | ${shown(figure === "rate" ? Math.round(asked) : asked)} (${bound} of ${other}) | ${shown(servers.catena[figure])} | ${rounds("catena")} | ${rounds(other)} | ${ofCpu.join(" | ")} | ${servers.null ? shown(servers.null[figure]) : "–"} |`;
    }));
  return rows.length === 0 ? [] : [
    "",
    "What is missed, and what there is to win: no server takes less than the kernel does for the same calls.",
    "",
    "| cell | figure | asked | is | in the rounds | in those of the other | of it in the kernel | catena's own part | the other's | with wrk's | the other with wrk's | null server |",
    "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ...rows,
  ];
}

// For docs/performance.md: catena in all cells.
function all({ cells, machine, versions, date, settings }) {
  const rows = Object.values(cells).filter(({ servers }) => servers.catena).map(({ title, servers, best, verdicts }) => {
    const { catena } = servers;
    const both = (figure) => `${ratio(catena, servers[best[figure]], figure)} | ${ratio(catena, servers.null, figure)}`;
    return `| ${title} | ${number(catena.rate)} | ${both("rate")} | ${short(catena.cpu)} | ${both("cpu")} | ${short(catena.kernel)} | ${short(catena.memory)} | ${both("memory")} | ${verdicts.map(inShort).join("; ")} |`;
  });
  const everything = Object.entries(cells).flatMap(([, { title, servers }]) => Object.entries(servers).map(([server, figures], i) =>
    `| ${i === 0 ? title : ""} | ${server} | ${number(figures.rate)} | ${short(figures.cpu)} | ${short(figures.kernel)} | ${short(figures.client)} | ${short(figures.memory)} | ${figures.threads} | ${(figures.p50 / 1000).toFixed(2)} | ${(figures.p99 / 1000).toFixed(2)} |`));
  return [
    `Measured on ${date}: ${machineLine(machine)}; medians of ${settings.rounds} rounds of ${settings.seconds} s.`,
    `${[...new Set(Object.values(versions))].join("; ")}.`,
    "",
    "![CPU and requests per second by the number of connections](bench.svg)",
    "",
    "catena, with ratios to the best peer and to the null server:",
    "",
    "| cell | requests a second | ÷ peer | ÷ null | CPU, µs a request | ÷ peer | ÷ null | of it in the kernel, µs | memory, MiB | ÷ peer | ÷ null | what is asked; bold where missed |",
    "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --- |",
    ...rows,
    ...missed(cells),
    "",
    "All servers:",
    "",
    "| cell | server | requests a second | CPU, µs a request | of it in the kernel, µs | CPU of wrk, µs a request | memory, MiB | threads | median latency, ms | 99th percentile, ms |",
    "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ...everything,
  ].join("\n");
}

function between(text, name, content, file) {
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no ${begin.trim()} … ${end}`);
  return `${text.slice(0, from + begin.length)}${content}\n${text.slice(to)}`;
}

// The files that follow from the results, with what they must hold.
function generated() {
  const results = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, "utf8")) : null;
  const files = [];
  for (const [file, content] of [["README.md", few], ["docs/performance.md", all]]) {
    const path = join(TREE, file);
    files.push([file, path, between(readFileSync(path, "utf8"), "bench", results ? content(results) : NONE, file)]);
  }
  if (results) files.push(["docs/bench.svg", docs("bench.svg"), plot(results.cells)]);
  return files;
}

// Writes them, or with `check` only says which are not as they would be written.
export function runDocs({ check }) {
  let stale = 0;
  for (const [file, path, text] of generated()) {
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    if (check) {
      console.log(`${file} does not show what docs/bench.json holds; ./dev bench --docs writes it`);
      ++stale;
    } else {
      writeFileSync(path, text);
      console.log(`written: ${file}`);
    }
  }
  return stale > 0 ? 1 : 0;
}
