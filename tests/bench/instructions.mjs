// Counts the instructions that the default chain takes for a request, by callgrind, and holds them to
// those that are kept in instructions.json. Counts don't depend on what else the machine does; they do
// on the compiler, which is kept with them.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUILD, HERE, temporaryDirectory } from "./places.mjs";

const KEPT = join(HERE, "instructions.json");
const REQUESTS = 4000;
export const MOST_GROWTH = 0.1;

const BROWSER = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: en-GB,en;q=0.9",
  "Referer: http://127.0.0.1:8080/",
];

const SCENARIOS = {
  "file": { status: 200, target: "/1k.html" },
  "file, asked for by a browser": { status: 200, target: "/1k.html", fields: BROWSER },
  "index": { status: 200, target: "/" },
  "not modified": { status: 304, target: "/1k.html", fields: ["If-Modified-Since: Thu, 01 Jan 2026 00:00:00 GMT"] },
  "not found": { status: 404, target: "/missing" },
};

// The same each time: nothing of the caller's environment gets in.
function instructions(root, { status, target, fields = [] }, requests) {
  const { status: code, signal, stderr } = spawnSync("/usr/bin/valgrind", [
    "--tool=callgrind", "--callgrind-out-file=/dev/null",
    join(BUILD, "bench/bench_requests"), join(HERE, "catena.json"), root, String(requests), String(status), target, ...fields,
  ], { encoding: "utf8", env: { LC_ALL: "C", TZ: "UTC" } });
  const collected = stderr?.match(/Collected : (\d+)/)?.[1];
  if (code !== 0 || !collected) throw new Error(`callgrind failed (${signal ?? code}):\n${stderr}`);
  return Number(collected);
}

function count() {
  const root = temporaryDirectory();
  for (const name of ["1k.html", "index.html"]) {
    const file = join(root, name);
    writeFileSync(file, "x".repeat(1024));
    utimesSync(file, new Date("2026-01-01T00:00:00Z"), new Date("2026-01-01T00:00:00Z"));
  }
  const counts = {};
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    const [once, twice] = [1, 2].map((times) => instructions(root, scenario, times * REQUESTS));
    counts[name] = Math.round((twice - once) / REQUESTS);
  }
  return counts;
}

const compiler = () => execFileSync("c++", ["--version"], { encoding: "utf8" }).split("\n")[0];

// What is wrong with the counts, a line for each; lines about what is merely different begin with "note:".
export function complaints(counts, kept) {
  const lines = [];
  for (const [name, now] of Object.entries(counts)) {
    const before = kept[name];
    if (before === undefined) {
      lines.push(`"${name}" has no count in instructions.json`);
    } else if (now > before * (1 + MOST_GROWTH)) {
      lines.push(`"${name}" takes ${now} instructions a request, ${Math.round((now / before - 1) * 100)} % more than the ${before} in instructions.json`);
    } else if (now < before * (1 - MOST_GROWTH)) {
      lines.push(`note: "${name}" takes ${Math.round((1 - now / before) * 100)} % fewer than are kept; ./dev bench --instructions --write keeps that`);
    }
  }
  for (const name of Object.keys(kept)) {
    if (!(name in counts)) lines.push(`"${name}" in instructions.json is nothing that is counted`);
  }
  return lines;
}

export function runInstructions({ write }) {
  const counts = count();
  const built = compiler();
  const kept = existsSync(KEPT) ? JSON.parse(readFileSync(KEPT, "utf8")) : { compiler: built, requests: {} };
  console.log("instructions a request, default chain without its access log");
  for (const [name, now] of Object.entries(counts)) {
    const before = kept.requests[name];
    console.log(`  ${name.padEnd(30)} ${String(now).padStart(7)}${before ? `  kept ${before}, ${(now / before).toFixed(3)} of it` : ""}`);
  }
  if (write) {
    writeFileSync(KEPT, JSON.stringify({ compiler: built, requests: counts }, null, 2) + "\n");
    console.log("kept in tests/bench/instructions.json");
    return 0;
  }
  if (built !== kept.compiler) console.log(`note: kept with another compiler: ${kept.compiler}; here it is ${built}`);
  const lines = complaints(counts, kept.requests);
  for (const line of lines) console.log(line);
  const failed = lines.some((line) => !line.startsWith("note:"));
  if (failed) {
    console.log("A request must not take more than a tenth over what is kept. If it is worth that, say so in the commit and");
    console.log("keep the new counts: ./dev bench --instructions --write");
  }
  return failed ? 1 : 0;
}
