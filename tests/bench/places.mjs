// Where things are.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const TREE = join(HERE, "../..");
export const BUILD = join(TREE, "build/release");
// What is measured: the server as it is packaged.
export const PROFILED = join(TREE, "build/profiled");

// A directory that goes when this program ends. Everybody may look into it: a peer that is started by
// root serves as another user.
export function temporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), "catena-bench-"));
  chmodSync(path, 0o755);
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}
