// The files that all servers serve.

import { mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const MANY = 10_000;
// Shares no factor with MANY.
export const STEP = 7919;

// Old, so that its ETag is strong and every server may trust it.
const MODIFIED = new Date("2026-01-01T00:00:00Z");
export const LAST_MODIFIED = MODIFIED.toUTCString();

export const pathOfMany = (i) =>
  `/many/${String(Math.floor(i / 100)).padStart(2, "0")}/${String(i % 100).padStart(2, "0")}.html`;

function write(root, path, size) {
  const file = join(root, path);
  writeFileSync(file, Buffer.alloc(size, `${path} `));
  utimesSync(file, MODIFIED, MODIFIED);
}

export function makeSite(root) {
  mkdirSync(root);
  write(root, "/1k.html", 1024);
  write(root, "/100k.bin", 100 * 1024);
  write(root, "/10m.bin", 10 * 1024 * 1024);
  for (let i = 0; i < MANY; ++i) {
    if (i % 100 === 0) mkdirSync(join(root, pathOfMany(i), ".."), { recursive: true });
    write(root, pathOfMany(i), 1024);
  }
  return root;
}

export const sizeOf = (root, path) => statSync(join(root, path)).size;
