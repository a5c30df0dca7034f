// Opens the first-run site in Chromium and checks what a person would see of it: with eyes in
// light and dark, on a phone, with a keyboard, with a screen reader. It talks to a server that is
// already running, and waits for what it needs, never for a time.

import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

const USAGE = `usage: node tests/browser/run.mjs BASE_URL [SCREENSHOT_DIR]

BASE_URL is where the site is served, for instance http://127.0.0.1:8080.
With SCREENSHOT_DIR, each page is also saved there as a PNG.
CHROMIUM names the browser to use when it is not /usr/bin/chromium.`;

function stop(message) {
  console.error(message);
  process.exit(2);
}

const [baseArgument, screenshotDir, ...rest] = process.argv.slice(2);
if (baseArgument === "--help") {
  console.log(USAGE);
  process.exit(0);
}
if (!baseArgument || rest.length > 0) stop(USAGE);

let base;
try {
  base = new URL(baseArgument);
} catch {
  stop(`not a URL: ${baseArgument}\n\n${USAGE}`);
}
if (!["http:", "https:"].includes(base.protocol)) stop(`not an http or https URL: ${baseArgument}\n\n${USAGE}`);
if (!base.pathname.endsWith("/")) base.pathname += "/";
const at = (path) => new URL(path, base).href;

const executablePath = process.env.CHROMIUM || "/usr/bin/chromium";
try {
  accessSync(executablePath, constants.X_OK);
} catch {
  stop(`no browser at ${executablePath}: install Debian's package "chromium", or name another with CHROMIUM=/path/to/it`);
}

const { chromium } = await import("playwright-core").catch(() =>
  stop("playwright-core is missing: run `npm ci` in tests/browser"),
);

if (screenshotDir) mkdirSync(screenshotDir, { recursive: true });

// ---- checks ---------------------------------------------------------------------------------

let passed = 0;
let failed = 0;

async function check(name, body) {
  try {
    await body();
    passed += 1;
    console.log(`ok   ${name}`);
    return true;
  } catch (error) {
    failed += 1;
    const why = stripVTControlCharacters(String(error?.message ?? error)).trim();
    console.log(`FAIL ${name}\n     ${why.replaceAll("\n", "\n     ")}`);
    return false;
  }
}

function expect(condition, message) {
  if (!condition) throw new Error(message);
}

function expectEmpty(list, what) {
  expect(list.length === 0, `${what}:\n${list.join("\n")}`);
}

// A page of its own context, with everything on it that went wrong or went elsewhere.
async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const seen = { problems: [], elsewhere: [], responses: [] };
  page.on("console", (message) => {
    if (message.type() === "error") seen.problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => seen.problems.push(`script: ${error.message}`));
  page.on("requestfailed", (request) => {
    // Aborted is what the browser itself gives up when it leaves a page; a server's faults have other names.
    const why = request.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") seen.problems.push(`failed: ${request.url()} (${why})`);
  });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== base.origin) seen.elsewhere.push(request.url());
  });
  page.on("response", (response) => {
    seen.responses.push(response);
    if (response.status() >= 400) seen.problems.push(`${response.status()}: ${response.url()}`);
  });
  return { context, page, seen };
}

async function screenshot(page, name) {
  if (screenshotDir) await page.screenshot({ path: join(screenshotDir, `${name}.png`), fullPage: true });
}

// ---- what is asked of a page, inside the browser ----------------------------------------------

// Every element with text of its own: its contrast with what lies behind it, as WCAG 2 computes it.
function contrasts() {
  const parse = (colour) => {
    const parts = colour.match(/^rgba?\(([^)]+)\)$/)?.[1].split(/[\s,/]+/).map(Number);
    if (!parts) throw new Error(`unexpected colour ${colour}`);
    return { rgb: parts.slice(0, 3), alpha: parts[3] ?? 1 };
  };
  const over = (top, below) => top.rgb.map((v, i) => v * top.alpha + below[i] * (1 - top.alpha));
  // What lies behind everything is dark only on a page that says it can be.
  const probe = document.documentElement.appendChild(document.createElement("i"));
  probe.style.backgroundColor = "Canvas";
  const canvas = parse(getComputedStyle(probe).backgroundColor).rgb;
  probe.remove();
  const behind = (element) => {
    if (!element) return canvas;
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.alpha === 1 ? own.rgb : over(own, behind(element.parentElement));
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => {
      const c = v / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
    .map((element) => {
      const back = behind(element);
      const [high, low] = [luminance(over(parse(getComputedStyle(element).color), back)), luminance(back)].sort((a, b) => b - a);
      return { ratio: (high + 0.05) / (low + 0.05), text: element.textContent.trim().slice(0, 40) };
    });
}

const backgroundOf = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute("href") ?? "");

function structure() {
  const visible = (element) => element.checkVisibility();
  return {
    lang: document.documentElement.lang,
    headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(visible).map((h) => Number(h.tagName[1])),
    mains: document.querySelectorAll("main").length,
    navs: document.querySelectorAll("nav").length,
    banners: document.querySelectorAll("body > header").length,
    footers: document.querySelectorAll("body > footer").length,
    viewport: document.querySelector("meta[name=viewport]")?.content ?? "",
    description: document.querySelector("meta[name=description]")?.content ?? "",
    inlineStyles: document.querySelectorAll("[style]").length,
    scripts: document.scripts.length,
  };
}

// ---- the checks -------------------------------------------------------------------------------

const PAGES = [
  { name: "index", path: "" },
  { name: "chain", path: "chain/" },
];
const MISSING = ["no-such-page", "no/such/page/at/this/depth.html"];

async function checkIndex(browser) {
  const { context, page, seen } = await openPage(browser);

  const answers = await check("index: answers 200", async () => {
    const response = await page.goto(at(""));
    expect(response?.status() === 200, `status ${response?.status()} for ${base.href}`);
  });
  if (!answers) return false;

  await check("index: title is “catena”", async () => {
    const title = await page.title();
    expect(title === "catena", `the title is “${title}”`);
  });

  await check("index: stylesheet arrives as text/css", async () => {
    const sheets = seen.responses.filter((response) => response.request().resourceType() === "stylesheet");
    expect(sheets.length > 0, "no stylesheet was asked for");
    for (const sheet of sheets) {
      const type = sheet.headers()["content-type"] ?? "none";
      expect(sheet.status() === 200, `status ${sheet.status()} for ${sheet.url()}`);
      expect(/^text\/css\b/i.test(type), `content type ${type} for ${sheet.url()}`);
    }
  });

  await check("index: stylesheet is applied", async () => {
    const bare = await context.newPage();
    const look = () => {
      const { fontFamily, margin, lineHeight } = getComputedStyle(document.body);
      return [fontFamily, margin, lineHeight].join(" | ");
    };
    const [styled, plain] = [await page.evaluate(look), await bare.evaluate(look)];
    await bare.close();
    expect(styled !== plain, `the body looks like an empty page's: ${plain}`);
  });

  await check("index: the chain is an ordered list of six handlers, outermost first", async () => {
    const names = await page.locator(".pipeline ol > li > a").allTextContents();
    const wanted = "access_log error_pages method_filter traversal_guard index_resolver static_file";
    expect(names.join(" ") === wanted, `found “${names.join(" ")}”`);
  });

  await check("index: every link to a place on this site leads somewhere", async () => {
    const links = await page.evaluate(() => [...document.links].map((link) => link.href));
    const bad = [];
    for (const link of new Set(links)) {
      const url = new URL(link);
      if (url.origin !== base.origin) continue;
      const answer = await page.request.get(link);
      if (!answer.ok()) bad.push(`${answer.status()}: ${link}`);
      else if (url.hash && !(await answer.text()).includes(`id="${url.hash.slice(1)}"`)) bad.push(`no such anchor: ${link}`);
    }
    expectEmpty(bad, "links that lead nowhere");
  });

  for (const icon of ["favicon.ico", "favicon.svg"]) {
    await check(`index: ${icon} is an image`, async () => {
      const answer = await page.request.get(at(icon));
      const type = answer.headers()["content-type"] ?? "none";
      expect(answer.status() === 200, `status ${answer.status()}`);
      expect(type.startsWith("image/"), `content type ${type}`);
    });
  }

  await context.close();
  return true;
}

async function checkEachPage(browser, { name, path }) {
  const { context, page, seen } = await openPage(browser);
  await page.goto(at(path));

  await check(`${name}: images load, and have a text that stands for them`, async () => {
    const images = await page.evaluate(() =>
      Promise.all(
        [...document.images].map(async (image) => {
          await image.decode().catch(() => {});
          return { src: image.src, alt: image.getAttribute("alt"), width: image.naturalWidth };
        }),
      ),
    );
    expect(images.length > 0, "there is no image");
    expectEmpty(images.filter((image) => image.width === 0).map((image) => image.src), "not loaded");
    // An empty text is right for decoration; none at all never is.
    expectEmpty(images.filter((image) => image.alt === null).map((image) => image.src), "without alt");
    if (name === "index") expect(images.some((image) => image.alt), "no image has a text");
  });

  await check(`${name}: one h1, headings in order, language, landmarks`, async () => {
    const found = await page.evaluate(structure);
    expect(found.lang === "en", `lang is “${found.lang}”`);
    expect(found.headings.filter((level) => level === 1).length === 1, `headings: ${found.headings}`);
    expect(found.headings[0] === 1, `the first heading is an h${found.headings[0]}`);
    expect(found.headings.every((level, i, all) => i === 0 || level <= all[i - 1] + 1), `a level is skipped: ${found.headings}`);
    expect(found.mains === 1, `${found.mains} main`);
    expect(found.navs >= 1, "no nav");
    expect(found.banners === 1 && found.footers === 1, "no page header, or no page footer");
    expect(found.viewport.includes("width=device-width"), `viewport is “${found.viewport}”`);
    expect(found.description.length > 0, "no description");
    expect(found.inlineStyles === 0, `${found.inlineStyles} style attributes`);
    expect(found.scripts === 0, `${found.scripts} scripts`);
  });

  await check(`${name}: no console error, no failed request`, async () => expectEmpty(seen.problems, "problems"));
  await check(`${name}: no request to another origin`, async () => expectEmpty(seen.elsewhere, "requests"));
  await context.close();
}

async function checkColours(browser, { name, path }) {
  const backgrounds = {};
  for (const colorScheme of ["light", "dark"]) {
    const { context, page } = await openPage(browser, { colorScheme });
    await page.goto(at(path));
    await check(`${name}: text contrast is at least 4.5 in ${colorScheme}`, async () => {
      const found = await page.evaluate(contrasts);
      expect(found.length > 0, "there is no text");
      expectEmpty(
        found.filter(({ ratio }) => ratio < 4.5).map(({ ratio, text }) => `${ratio.toFixed(2)} “${text}”`),
        "too faint",
      );
    });
    backgrounds[colorScheme] = await backgroundOf(page);
    await screenshot(page, `${name}-${colorScheme}`);
    await context.close();
  }
  await check(`${name}: light and dark differ`, async () =>
    expect(backgrounds.light !== backgrounds.dark, `both backgrounds are ${backgrounds.light}`));
}

async function checkWidths(browser, { name, path }) {
  for (const width of [320, 390, 768]) {
    const phone = width < 500;
    const { context, page } = await openPage(browser, {
      viewport: { width, height: 800 },
      isMobile: phone,
      hasTouch: phone,
      deviceScaleFactor: phone ? 2 : 1,
    });
    await page.goto(at(path));
    await check(`${name}: no sideways scrolling at ${width} px`, async () => {
      const found = await page.evaluate((limit) => ({
        page: document.documentElement.scrollWidth,
        wide: [...document.body.querySelectorAll("*")]
          .filter((element) => element.getBoundingClientRect().right > limit + 0.5)
          .map((element) => `<${element.localName}> ${element.textContent.trim().slice(0, 40)}`),
      }), width);
      expectEmpty(found.wide, "reaches past the edge");
      expect(found.page <= width, `the page is ${found.page} px wide`);
    });
    await screenshot(page, `${name}-${width}`);
    await context.close();
  }
}

async function checkNavigation(browser) {
  const { context, page, seen } = await openPage(browser);
  const link = () => page.getByRole("navigation").getByRole("link", { name: "The chain" });

  await check("second page: reached by a click", async () => {
    await page.goto(at(""));
    await link().click();
    await page.waitForURL(at("chain/"));
    expect((await page.title()) !== "catena", "the title is still the first page's");
    expect(await page.getByRole("heading", { level: 1 }).isVisible(), "no heading");
  });

  await check("second page: leads back to the first", async () => {
    await page.getByRole("navigation").getByRole("link", { name: "Start" }).click();
    await page.waitForURL(at(""));
  });

  await check("second page: reached with the keyboard, the focus in sight", async () => {
    await page.goto(at(""));
    const target = await link().getAttribute("href");
    for (let presses = 0; (await focused(page)) !== target; presses += 1) {
      expect(presses < 10, `ten times Tab, and the focus is on “${await focused(page)}”`);
      await page.keyboard.press("Tab");
    }
    const outline = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { style: outlineStyle, width: parseFloat(outlineWidth) };
    });
    expect(outline.style !== "none" && outline.width >= 2, `outline ${outline.style} ${outline.width}px`);
    await page.keyboard.press("Enter");
    await page.waitForURL(at("chain/"));
  });

  await check("skip link: first in the order, shown when focused, leads to the content", async () => {
    await page.goto(at(""));
    await page.keyboard.press("Tab");
    expect((await focused(page)) === "#main", `the first stop is “${await focused(page)}”`);
    const box = await page.locator(".skip").boundingBox();
    expect(box && box.y >= 0, "it stays out of sight");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${at("")}#main`);
    expect(await page.evaluate(() => document.activeElement?.id === "main"), "the focus did not follow");
  });

  await check("directory without its slash: redirected to the page", async () => {
    const response = await page.goto(at("chain"));
    expect(page.url() === at("chain/"), `ended at ${page.url()}`);
    expect(response?.request().redirectedFrom() !== null, "there was no redirect");
  });

  await check("navigation: no console error, no failed request, nothing from elsewhere", async () =>
    expectEmpty([...seen.problems, ...seen.elsewhere], "problems"));
  await context.close();
}

async function checkMissing(browser) {
  for (const path of MISSING) {
    const { context, page, seen } = await openPage(browser);
    const response = await page.goto(at(path));

    await check(`/${path}: status 404`, async () => expect(response?.status() === 404, `status ${response?.status()}`));

    await check(`/${path}: a readable page of its own`, async () => {
      const type = response?.headers()["content-type"] ?? "none";
      expect(/^text\/html\b/i.test(type), `content type ${type}`);
      const title = await page.title();
      expect(title && title !== "catena", `the title is “${title}”`);
      const found = await page.evaluate(structure);
      expect(found.headings[0] === 1, `headings: ${found.headings}`);
      expect(found.mains === 1 && found.navs >= 1, "no main, or no nav");
      const text = await page.locator("main").innerText();
      expect(text.length > 60, `only this to read: “${text}”`);
    });

    await check(`/${path}: styled, and leads back`, async () => {
      const index = await openPage(browser);
      await index.page.goto(at(""));
      const same = (await backgroundOf(index.page)) === (await backgroundOf(page));
      await index.context.close();
      expect(same, "its background is not the site's");
      await page.locator("main").getByRole("link").first().click();
      await page.waitForURL(at(""));
    });

    // The browser itself reports the page's own 404; anything else is a fault.
    await check(`/${path}: nothing else fails, nothing from elsewhere`, async () =>
      expectEmpty([...seen.problems.filter((problem) => !problem.includes(at(path))), ...seen.elsewhere], "problems"));
    await context.close();
  }
}

// ---- run --------------------------------------------------------------------------------------

const browser = await chromium
  .launch({
    executablePath,
    headless: true,
    // Chromium refuses its sandbox to root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  })
  .catch((error) => stop(`${executablePath} did not start: ${error.message}`));

try {
  // Without a first page, nothing else is worth asking.
  if (await checkIndex(browser)) {
    for (const page of PAGES) await checkEachPage(browser, page);
    for (const page of [...PAGES, { name: "404", path: MISSING[0] }]) {
      await checkColours(browser, page);
      await checkWidths(browser, page);
    }
    await checkNavigation(browser);
    await checkMissing(browser);
  }
} catch (error) {
  // What several checks of a page need, such as a server that still answers, was not there.
  await check("the run came to its end", () => {
    throw error;
  });
} finally {
  await browser.close();
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
