// Holds the schema that `catena schema` prints to the server's own reader: what one refuses, the other
// refuses, in the default configuration, in every example of the docs, and in every case of
// tests/config/cases. And it holds what an editor makes of the schema: completions and explanations.

import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const USAGE = `usage: node tests/schema/run.mjs BUILD

BUILD is where the program whose schema is tried was built, with the modules of docs/examples and of the
tests: build/release.`;

// Cases that the reader refuses for reasons that the text alone does not have. No schema can; it must
// take them.
const BEYOND = {
  "configuration/environment_malformed": "how a variable is written",
  "configuration/environment_values": "the environment",
  "configuration/expectations_not_met": "answers of the chain",
  "configuration/host_overridden": "the command line",
  "configuration/include_in_circles": "other files",
  "configuration/include_order": "other files",
  "configuration/large_file": "another file",
  "configuration/large_in_all": "other files",
  "configuration/large_value": "the environment",
  "configuration/never_reached": "the order of handlers",
  "configuration/order": "the order of handlers",
  "configuration/root_missing": "a directory",
  "configuration/root_needed": "what stands beside a chain, or on the command line",
  "configuration/root_no_directory": "a directory",
  "configuration/root_null": "what stands beside a chain, or on the command line",
  "configuration/root_overridden": "the command line, and a directory",
  "configuration/route_never_taken": "the order of routes",
  "configuration/route_root_missing": "a directory",
  "configuration/route_root_needed": "what stands beside a chain, or on the command line",
  "configuration/route_takes_all": "the order of handlers",
  "configuration/unreadable": "the environment, and other files",
  "configuration/twice": "duplicate keys, of which JSON readers keep one",
  "configuration/whole_number_as_fraction": "how a number is written: 50.0 is 50 to JSON",
};

// The same for single complaints, beside which there are others that a schema has, too.
const COMPLAINTS_BEYOND = [
  /: can't serve from /,
  /: can't include /,
  /: duplicate key; /,
  /: files include one another/,
  /: the environment variable \w+ is not set/,
  /: module .* is refused: /,
  / must stand (before|after) /,
  /: "plugin" is missing; did you mean it by /, // told of the entry, not of the key
];

// As in tests/framework/serve/configuration_cases_test.cpp.
const ENVIRONMENT = {
  CATENA_CASE_PORT: "8081",
  CATENA_CASE_IDLE: "20s",
  CATENA_CASE_LONG: "25h",
  CATENA_CASE_NESTED: "${CATENA_CASE_PORT}",
  CATENA_CASE_EMPTY: "",
  CATENA_CASE_LARGE: "x".repeat(100_000),
};

function stop(message) {
  console.error(message);
  process.exit(2);
}

if (process.argv.length !== 3) stop(USAGE);
const build = resolve(process.argv[2]);
const catena = join(build, "bin/catena");
const testModules = join(build, "tests/modules");
const tree = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const exampleNames = readdirSync(join(tree, "docs/examples")).sort();

const missing = () => stop("packages are missing: run `npm ci` in tests/schema");
const { default: Ajv } = await import("ajv/dist/2020.js").catch(missing);
const { parse: parseJsonc } = await import("jsonc-parser").catch(missing);
const { default: editing } = await import("vscode-json-languageservice").catch(missing);

// ---- checks ---------------------------------------------------------------------------------

let passed = 0;
let failed = 0;

async function check(name, body) {
  try {
    await body();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${name}\n     ${String(error?.message ?? error).trim().replaceAll("\n", "\n     ")}`);
  }
}

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

function expectSame(got, wanted, what) {
  const [a, b] = [got, wanted].map((value) => JSON.stringify(value, null, 1));
  expect(a === b, `${what}: expected\n${b}\ngot\n${a}`);
}

// ---- the schema and the reader ----------------------------------------------------------------

const schemaOf = () => JSON.parse(execFileSync(catena, ["schema"], { encoding: "utf8" }));

/// The schema with the plugins of the examples' modules, by a configuration that is not right otherwise.
function schemaWithModules() {
  const directory = mkdtempSync(join(tmpdir(), "catena-schema-"));
  try {
    const files = exampleNames.map((name) => `lib${name}.so`);
    for (const name of files) copyFileSync(join(build, "lib", name), join(directory, name));
    const file = join(directory, "site.json");
    writeFileSync(file, JSON.stringify({ modules: files, chian: [] }));
    const run = spawnSync(catena, ["schema", "--config", file], { encoding: "utf8" });
    expect(run.status === 2 && run.stderr.includes("chian"), `exit code ${run.status}: ${run.stderr}`);
    return JSON.parse(run.stdout);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function validatorOf(schema) {
  const ajv = new Ajv({ strict: true, allErrors: true });
  const validate = ajv.compile(schema);
  ajv.addSchema(schema, "catena");
  return { validate, entry: ajv.compile({ $ref: "catena#/$defs/handler" }) };
}

/// What JSON with comments holds; nothing when it is not that.
function parsed(bytes) {
  try {
    const errors = [];
    const value = parseJsonc(new TextDecoder("utf-8", { fatal: true }).decode(bytes), errors, {
      disallowComments: false,
      allowTrailingComma: false,
    });
    return errors.length === 0 ? { value } : undefined;
  } catch {
    return undefined; // no UTF-8, or nested without end
  }
}

const told = (errors) => (errors ?? []).map(({ instancePath, message }) => `${instancePath || "/"}: ${message}`).join("\n");

function expectTaken(validate, text) {
  const document = parsed(Buffer.from(text));
  expect(document !== undefined, "this is no JSON with comments");
  expect(validate(document.value), `the schema refuses it:\n${told(validate.errors)}`);
}

/// Where the validator complains, as JSON pointers.
function pointersOf(errors) {
  const token = (key) => key.replaceAll("~", "~0").replaceAll("/", "~1");
  const pointers = new Set();
  for (const { keyword, instancePath, params } of errors ?? []) {
    if (keyword === "if") continue; // that something within is wrong
    if (keyword === "additionalProperties") pointers.add(`${instancePath}/${token(params.additionalProperty)}`);
    else if (keyword === "propertyNames") pointers.add(`${instancePath}/${token(params.propertyName)}`);
    else pointers.add(instancePath);
  }
  return pointers;
}

async function checkCase(directory, name, validate) {
  const folder = join(tree, "tests/config/cases", directory);
  const text = readFileSync(join(folder, `${name}.json`), "utf8");
  const more = (text.match(/^\/\/ catena check (.*)\n/)?.[1] ?? "").split(" ").filter((word) => word !== "");
  const config = more.includes("--config") ? [] : ["--config", `${name}.json`];
  // By a shell, because the environment of this one holds nothing but text.
  const withBytes = ["-c", 'export CATENA_CASE_BYTES=$(printf "\\377"); exec "$@"', "sh"];
  const env = { ...process.env, ...ENVIRONMENT, CATENA_CASE_MODULES: testModules };
  const run = spawnSync("sh", [...withBytes, catena, "check", ...config, ...more], { cwd: folder, encoding: "utf8", env });
  run.stderr = run.stderr
    .replaceAll(`${testModules}/`, "")
    .replaceAll(/\(its signature: .*; this catena's: .*\)/g, "(SIGNATURES)");
  if (text.includes("CATENA_CASE_MODULES")) {
    const own = spawnSync(catena, ["schema", "--config", `${name}.json`], { cwd: folder, encoding: "utf8", env });
    validate = validatorOf(JSON.parse(own.stdout)).validate;
  }
  const id = `${directory}/${name}`;
  const readerTakes = run.status === 0;
  const document = parsed(readFileSync(join(folder, `${name}.json`)));
  const schemaTakes = document !== undefined && validate(document.value);
  const errors = validate.errors;
  await check(`${id}: the reader and the schema agree`, () => {
    if (id in BEYOND) {
      expect(!readerTakes, "listed as beyond a schema, but the reader takes it");
      expect(schemaTakes, `listed as beyond a schema, but the schema refuses it:\n${told(errors)}`);
    } else {
      expect(readerTakes || !schemaTakes, `the schema takes what the reader refuses:\n${run.stderr}`);
      expect(!readerTakes || schemaTakes, `the schema refuses what the reader takes:\n${told(errors)}`);
    }
  });
  if (directory !== "configuration") return;
  await check(`${id}: the reader says what is expected`, () =>
    expectSame(run.stderr, readFileSync(join(folder, `${name}.txt`), "utf8"), "standard error"));
  if (id in BEYOND || document === undefined || schemaTakes) return;
  await check(`${id}: the schema complains where the reader does`, () => {
    const pointers = [...pointersOf(errors)];
    for (const line of run.stderr.split("\n").filter((text) => text.startsWith(`${name}.json:`))) {
      const rest = line.replace(/^[^ ]+ /, "");
      const at = rest.startsWith("/") ? rest.slice(0, rest.indexOf(": ")) : "";
      const found = pointers.some((pointer) => pointer === at || pointer.startsWith(`${at}/`));
      if (COMPLAINTS_BEYOND.some((kind) => kind.test(line))) continue;
      expect(found, `not told: ${line}\nwhat is told:\n${told(errors)}`);
    }
  });
}

// ---- the docs ---------------------------------------------------------------------------------

function* markdownFiles() {
  yield "README.md";
  for (const entry of readdirSync(join(tree, "docs"), { recursive: true })) {
    if (String(entry).endsWith(".md")) yield join("docs", String(entry));
  }
}

/// The blocks of JSON with comments on a page; those of a file that is included, left out.
function* examplesOn(page) {
  const text = readFileSync(join(tree, page), "utf8");
  for (const match of text.matchAll(/^(.*)\n```jsonc\n([^]*?)^```$/gm)) {
    if (!match[1].startsWith("<!-- file: ")) yield match[2];
  }
}

// ---- an editor --------------------------------------------------------------------------------

/// What an editor does at the '|' of a text.
function editorWith(schema) {
  const service = editing.getLanguageService({});
  service.configure({ validate: true, allowComments: true, schemas: [{ uri: "catena:schema", fileMatch: ["*"], schema }] });
  const open = (marked) => {
    const offset = marked.indexOf("|");
    const document = editing.TextDocument.create("file:///site.json", "jsonc", 1, marked.replace("|", ""));
    return { document, position: document.positionAt(Math.max(offset, 0)), json: service.parseJSONDocument(document) };
  };
  return {
    async completions(marked) {
      const { document, position, json } = open(marked);
      const list = await service.doComplete(document, position, json);
      return list.items.map(({ label, documentation }) => ({
        label: label.replace(/^"(.*)"$/, "$1"),
        text: typeof documentation === "string" ? documentation : (documentation?.value ?? ""),
      }));
    },
    async hover(marked) {
      const { document, position, json } = open(marked);
      const hover = await service.doHover(document, position, json);
      return [hover?.contents ?? []].flat().map((part) => part.value ?? part).join("\n");
    },
    async complaints(text) {
      const { document, json } = open(text);
      const all = await service.doValidation(document, json, { comments: "ignore" });
      return all.map(({ message, range }) => `${range.start.line + 1}:${range.start.character + 1}: ${message}`);
    },
  };
}

/// Every option and every plugin that a schema has is completed with what it says of itself.
async function checkEditor(schema) {
  const editor = editorWith(schema);
  const plugins = Object.keys(schema.$defs).filter((name) => name.startsWith("plugin_")).map((name) => name.slice(7));

  const expectCompletions = async (marked, properties) => {
    const found = await editor.completions(marked);
    for (const [name, { description }] of Object.entries(properties)) {
      const item = found.find(({ label }) => label === name);
      expect(item, `${name} is not offered; there are ${found.map(({ label }) => label).join(", ")}`);
      expect(description && item.text.includes(description), `${name} is not explained: "${item.text}"`);
    }
    return found.map(({ label }) => label);
  };

  await check("editor: completes and explains the top", () => expectCompletions("{ | }", schema.else.properties));
  const server = schema.else.properties.server.else;
  await check("editor: completes and explains objects within", async () => {
    await expectCompletions('{ "server": { | } }', server.properties);
    await expectCompletions('{ "server": { "limits": { | } } }', server.properties.limits.else.properties);
  });
  await check("editor: completes choices", async () => {
    const labels = (await editor.completions('{ "server": { "log_level": | } }')).map(({ label }) => label);
    for (const level of ["trace", "info", "off"]) expect(labels.includes(level), `no ${level} among ${labels}`);
  });
  await check("editor: completes and explains the names of plugins", async () => {
    const named = Object.fromEntries(plugins.map((name) => [name, schema.$defs[`plugin_${name}`]]));
    await expectCompletions('{ "chain": [{ "plugin": | }] }', named);
    await expectCompletions('{ "chain": [{ "plugin": "route", "routes": [{ "chain": [{ "plugin": "|" }] }] }] }', named);
  });
  for (const name of plugins) {
    const { plugin, ...options } = schema.$defs[`plugin_${name}`].properties;
    await check(`editor: completes and explains the options of ${name}, and no others`, async () => {
      for (const [open, close] of [
        ['{ "chain": [', "] }"],
        ['{ "chain": [{ "plugin": "route", "routes": [{ "chain": [', "] }] }] }"],
      ]) {
        const labels = await expectCompletions(`${open}{ "plugin": "${name}", | }${close}`, options);
        const strange = labels.filter((label) => !(label in options) && !["plugin", "include"].includes(label));
        expectSame(strange, [], "offered, too");
      }
    });
    for (const [option, { description }] of Object.entries(options)) {
      await check(`editor: explains ${option} of ${name}`, async () => {
        const text = await editor.hover(`{ "chain": [{ "plugin": "${name}", "${option}|": null }] }`);
        const plain = (words) => words.replace(/[\\\s]|&nbsp;/g, "");
        expect(plain(text).includes(plain(description)), `it says "${text}"`);
      });
    }
  }
  await check("editor: points at slips", async () => {
    const found = await editor.complaints(`{
  "server": { "timeouts": { "idle": "soon" } },
  "chain": [
    { "plugin": "method_filter", "alow": ["GET"] },
    { "plugin": "statc_file" }
  ]
}`);
    for (const at of ["2:37", "4:34", "5:17"]) {
      expect(found.some((text) => text.startsWith(`${at}: `)), `nothing at ${at} among\n${found.join("\n")}`);
    }
    expect(found.length === 3, found.join("\n"));
  });
}

// ---- run --------------------------------------------------------------------------------------

const schema = schemaOf();
let validators;
await check("the schema is one, by its own schema and in strict mode", () => {
  expect(schema.$schema === "https://json-schema.org/draft/2020-12/schema", schema.$schema);
  validators = validatorOf(schema);
});
if (validators === undefined) process.exit(1);
const { validate, entry } = validators;

await check("the default configuration is taken", () =>
  expectTaken(validate, execFileSync(catena, ["config"], { encoding: "utf8" })));

await check("every option is described", () => {
  const bare = [];
  const walk = (node, path) => {
    if (typeof node !== "object" || node === null) return;
    for (const [name, value] of Object.entries(node.properties ?? {})) {
      const marks = path.endsWith("/if") || value === true;
      if (!marks && !value.description) bare.push(`${path}/${name}`);
    }
    for (const [key, value] of Object.entries(node)) walk(value, `${path}/${key}`);
  };
  walk(schema, "#");
  expectSame(bare, [], "not described");
});

let withModules;
await check("the plugins of modules are in the schema of a configuration that names them", () => {
  const extended = schemaWithModules();
  for (const name of exampleNames) {
    expect(schema.$defs[`plugin_${name}`] === undefined, `${name} is known without its module`);
    for (const [option, { description }] of Object.entries(extended.$defs[`plugin_${name}`]?.properties ?? {})) {
      expect(option === "plugin" || description, `${option} of ${name} is not described`);
    }
    expect(extended.$defs[`plugin_${name}`], `${name} is not in the schema`);
  }
  withModules = { schema: extended, ...validatorOf(extended) };
});
if (withModules === undefined) process.exit(1);

let examples = 0;
for (const page of markdownFiles()) {
  for (const text of examplesOn(page)) {
    examples += 1;
    const isEntry = text.startsWith('{ "plugin"');
    const known = text.includes('"hello"') ? withModules : { validate, entry };
    await check(`${page}: example ${examples} is taken`, () => expectTaken(isEntry ? known.entry : known.validate, text));
  }
}
await check("there are examples in the docs", () => expect(examples > 5, `only ${examples}`));
for (const example of exampleNames) {
  await check(`docs/examples/${example}/server.json is taken`, () =>
    expectTaken(withModules.validate, readFileSync(join(tree, "docs/examples", example, "server.json"))));
}
await check("there are examples with configurations", () =>
  expect(exampleNames.length >= 4, `only ${exampleNames.join(", ")}`));
await check("the package's configuration is taken", () =>
  expectTaken(validate, readFileSync(join(tree, "server/packaging/server.json"))));
// What `catena new plugin hello` writes has a plugin with an option of that name.
await check("a new plugin's configuration is taken", () => {
  const text = readFileSync(join(tree, "server/template/server.json"), "utf8");
  expect(text.includes("new_plugin"), "it does not name the plugin of the template");
  expectTaken(withModules.validate, text.replaceAll("new_plugin", "hello"));
});

const cases = new Set();
for (const directory of ["configuration", "document"]) {
  for (const file of readdirSync(join(tree, "tests/config/cases", directory)).sort()) {
    if (!file.endsWith(".json")) continue;
    cases.add(`${directory}/${file.slice(0, -5)}`);
    await checkCase(directory, file.slice(0, -5), validate);
  }
}
await check("there are cases", () => expect(cases.size > 80, `only ${cases.size}`));
await check("what is listed as beyond a schema is there", () =>
  expectSame(Object.keys(BEYOND).filter((name) => !cases.has(name)), [], "not there"));

await checkEditor(withModules.schema);

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
