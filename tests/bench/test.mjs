// What is made of measurements: medians, best peers, verdicts, tables; and what is said of counts that
// grew. Run by ctest where node is there, or by `node --test tests/bench/test.mjs`.

import assert from "node:assert/strict";
import test from "node:test";
import { CELLS, cellsNamed } from "./cells.mjs";
import { complaints } from "./instructions.mjs";
import { plot } from "./plot.mjs";
import { results, verdictLines, wholeTable } from "./report.mjs";
import { SERVERS, serversFor } from "./servers.mjs";
import { MANY, STEP, pathOfMany } from "./site.mjs";

const measurement = (rate, cpu, rest = {}) => ({ rate, cpu, kernel: cpu * 0.8, client: 2 * cpu, memory: 5, threads: 4, p50: 100, p99: 1000, closed: 0, ...rest });

const measured = {
  "keep-alive-64": {
    catena: [measurement(900, 7.5), measurement(1000, 7), measurement(100, 90)],
    nginx: [measurement(800, 11)],
    lighttpd: [measurement(700, 10)],
    null: [measurement(1250, 5)],
  },
  "idle": { catena: [measurement(800, 7.5, { memory: 41 }), measurement(820, 7.5, { threads: 31 })] },
};

test("the median of the rounds counts, and the most of what is a peak", () => {
  const { catena } = results(measured)["keep-alive-64"].servers;
  assert.equal(catena.rate, 900);
  assert.equal(catena.cpu, 7.5);
  assert.equal(catena.client, 15);
  const idle = results(measured).idle.servers.catena;
  assert.equal(idle.rate, 810);
  assert.equal(idle.memory, 41);
  assert.equal(idle.threads, 31);
});

test("each figure is held to the peer that is best in it", () => {
  const { best, verdicts } = results(measured)["keep-alive-64"];
  assert.deepEqual(best, { rate: "nginx", cpu: "lighttpd", memory: "nginx" });
  assert.deepEqual(verdicts.map(({ value, met }) => [value, met]), [[0.75, false], [1.13, true], [0.72, false]]);
  assert.equal(verdicts[0].asked, "CPU per request: at most 0.7 of the best peer (lighttpd)");
});

test("a cell is held to another cell, and to plain numbers", () => {
  const { verdicts } = results(measured).idle;
  assert.deepEqual(verdicts.map(({ figure, value, met }) => [figure, value, met]),
    [["cpu", 1, true], ["rate", 0.9, true], ["memory", 41, false], ["threads", 31, true]]);
});

test("what was not measured has no verdict", () => {
  const { verdicts } = results({ "keep-alive-64": { catena: [measurement(1, 1)] } })["keep-alive-64"];
  assert.deepEqual(verdicts, []);
  const alone = results({ "keep-alive-64": { catena: [measurement(2, 1)], null: [measurement(1, 1)] } });
  assert.match(wholeTable(alone), /catena +2 +– +2\.00 /);
});

test("tables and plot show what is there", () => {
  const cells = results(measured);
  assert.match(wholeTable(cells), /keep-alive-64 +catena +900 +1\.13 +0\.72 +7\.5 +0\.75 +1\.50 +6\.0/);
  assert.match(verdictLines(cells), /4 of 7 met$/);
  assert.match(plot(cells), /^<svg [^]*polyline[^]*<\/svg>\n$/);
  assert.doesNotMatch(plot(cells), /NaN|undefined|Infinity/);
  assert.doesNotMatch(plot({}), /NaN|undefined|Infinity/);
});

test("naming cells brings those that they are compared with", () => {
  assert.deepEqual(cellsNamed(["idle"]).map(({ name }) => name), ["keep-alive-64", "idle"]);
  assert.equal(cellsNamed(["close"]).length, 2);
  assert.equal(cellsNamed([]), CELLS);
  assert.throws(() => cellsNamed(["clos"]), /there is no cell "clos"/);
});

test("servers are measured in the cells that they are for", () => {
  const here = (name) => serversFor(CELLS.find((cell) => cell.name === name), Object.keys(SERVERS));
  const peers = ["nginx", "lighttpd", "apache", "caddy"];
  assert.deepEqual(here("keep-alive-64"), ["catena", ...peers, "null"]);
  assert.deepEqual(here("many-files"), ["catena", ...peers, "null", "null-many"]);
  assert.deepEqual(here("log"), ["catena"]);
  assert.deepEqual(serversFor(CELLS[0], ["null", "nginx"]), ["null", "nginx"]);
});

test("every one of many files is asked for before one is asked for again", () => {
  assert.equal(new Set(Array.from({ length: MANY }, (_, i) => (i * STEP) % MANY)).size, MANY);
  assert.equal(pathOfMany(1234), "/many/12/34.html");
});

test("counts may grow by a tenth", () => {
  assert.deepEqual(complaints({ file: 1100, index: 900 }, { file: 1000, index: 1000 }), []);
  assert.deepEqual(complaints({ file: 1101 }, { file: 1000 }),
    ['"file" takes 1101 instructions a request, 10 % more than the 1000 in instructions.json']);
  assert.match(complaints({ file: 899 }, { file: 1000 })[0], /^note: /);
  assert.deepEqual(complaints({ file: 1 }, {}), ['"file" has no count in instructions.json']);
  assert.deepEqual(complaints({}, { file: 1 }), ['"file" in instructions.json is nothing that is counted']);
});
