// Drives VS Code in Chromium through one session: each step acts as a person would and checks what
// that person would see. Prints one JSON object for each step; test_vscode.py turns them into tests.
//
//     node drive.cjs '{"address": ..., "folder": ..., "chromium": ..., "screenshots": ...}'

const { chromium } = require("playwright-core");
const { clickLine, group, lines, spaced, until, untilMarked } = require("./page.cjs");

const { address, folder, chromium: browser, screenshots, derivative } = JSON.parse(process.argv[2]);
const SOURCE = "mlp.py";
const DERIVATIVE = "loss.grad.py";
const HIDDEN = "h = np.tanh(np.dot(x, w1) + b1)";
const OUT = "out = np.dot(h, w2) + b2";

let page;

// In this order; each goes on where the one before ended.
const steps = {
  async "a lens stands above the function"() {
    await openFile(SOURCE);
    await lens("∂ derivative").first().waitFor();
  },

  async "show derivative opens it beside and keeps the focus"() {
    await clickLine(page, SOURCE, "def loss");
    await lens("∂ derivative").first().click();
    await until(page, DERIVATIVE, "the derivative", (seen) => has(seen, "def dlossd"));
    const [left, right] = await Promise.all(
      [SOURCE, DERIVATIVE].map((name) => group(page, name).boundingBox()),
    );
    check(left.x + left.width <= right.x + 1, "the derivative is not to the right of its source");
    check(await isActive(SOURCE), "the source lost the focus");
  },

  async "the text shown is the engine's"() {
    const seen = (await lines(page, DERIVATIVE)).map(({ text }) => text);
    check(seen[1] === "# up to date", `the second line is ${seen[1]}`);
    const expected = derivative.split("\n").slice(0, seen.length - 2);
    check(seen.slice(2).join("\n").trimEnd() === expected.join("\n").trimEnd(), seen.join("\n"));
  },

  async "the cursor in the source marks its lines in the derivative"() {
    await clickLine(page, SOURCE, HIDDEN);
    const seen = await untilMarked(page, DERIVATIVE, { forward: [HIDDEN], adjoint: ["bw1 ="] });
    check(!seen.some(({ text, marks }) => text.includes("bw2 =") && marks.length > 0), "bw2 too");
    await untilMarked(page, SOURCE, { primal: [HIDDEN] });
  },

  async "the keyboard moves the marks along"() {
    await page.keyboard.press("ArrowDown");
    await untilMarked(page, DERIVATIVE, { forward: [OUT], adjoint: ["bw2 ="] });
    await untilMarked(page, SOURCE, { primal: [OUT] });
  },

  async "the cursor in the derivative marks its line in the source"() {
    await clickLine(page, DERIVATIVE, "bw1 =");
    await untilMarked(page, SOURCE, { primal: [HIDDEN] });
    await untilMarked(page, DERIVATIVE, { forward: [HIDDEN], adjoint: ["bw1 ="] });
  },

  async "a line that nothing comes from has no marks"() {
    await clickLine(page, SOURCE, "import numpy as np");
    await untilMarked(page, DERIVATIVE, { forward: [], adjoint: [] });
    await untilMarked(page, SOURCE, { primal: [] });
  },

  async "the marks survive a switch of tabs"() {
    await clickLine(page, SOURCE, HIDDEN);
    await untilMarked(page, DERIVATIVE, { adjoint: ["bw1 ="] });
    await openFile("unsupported.py");
    await untilMarked(page, DERIVATIVE, { forward: [], adjoint: [] });
    await page.locator(`.tab[data-resource-name="${SOURCE}"]`).click();
    await untilMarked(page, DERIVATIVE, { forward: [HIDDEN], adjoint: ["bw1 ="] });
    await untilMarked(page, SOURCE, { primal: [HIDDEN] });
  },

  async "a hover shows the adjoint of the line"() {
    const token = editorLine(SOURCE, HIDDEN).locator("span span", { hasText: "tanh" }).first();
    await token.hover();
    await page.locator(".monaco-hover:visible", { hasText: "bw1 =" }).first().waitFor();
  },

  async "go to adjoint and back"() {
    await page.keyboard.press("Escape");
    await clickLine(page, SOURCE, HIDDEN);
    await chord("Control+k", "g");
    await untilCursor(DERIVATIVE, /^\s+(# Grad of: h = |b[wb]1 = )/);
    await chord("Control+k", "g");
    await untilCursor(SOURCE, HIDDEN);
  },

  async "a lens of a line goes to its adjoint"() {
    await lens("→ ").first().click();
    await untilCursor(DERIVATIVE, /^\s+(# Grad of: h = |b[wb]1 = )/);
  },

  async "an edit makes the derivative anew"() {
    await rewrite(HIDDEN, "h = np.sin(np.dot(x, w1) + b1)");
    await until(page, DERIVATIVE, "the cosine", (seen) => has(seen, "np.cos("));
    await untilMarked(page, DERIVATIVE, { forward: ["h = np.sin("], adjoint: ["bw1 ="] });
    check(has(await lines(page, DERIVATIVE), "# up to date"), "it does not say that it is fresh");
  },

  async "a syntax error leaves the last good derivative, marked stale"() {
    await clickLine(page, SOURCE, OUT);
    await page.keyboard.type(" +");
    await until(page, DERIVATIVE, "the stale header", ([, header]) => header?.text.startsWith("# stale"));
    check(has(await lines(page, DERIVATIVE), "np.cos("), "the last good derivative is gone");
  },

  async "it recovers when the text parses again"() {
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Backspace");
    await until(page, DERIVATIVE, "the header", ([, header]) => header?.text === "# up to date");
  },

  async "a code action inserts insert_grad_of"() {
    await clickLine(page, SOURCE, OUT);
    await page.keyboard.press("Control+.");
    const entry = page.locator(".action-widget .monaco-list-row", { hasText: "Print the gradient of out" });
    await entry.first().waitFor();
    await page.screenshot({ path: `${screenshots}/code-actions.png` });
    await entry.first().click();
    await until(page, SOURCE, "the block", (seen) => has(seen, "insert_grad_of(out) as dout:"));
    await page.keyboard.press("Escape");
    await until(page, DERIVATIVE, "the inserted line", (seen) => has(seen, "gradient of out:"));
  },

  async "what cannot be differentiated is underlined and said"() {
    await page.locator('.tab[data-resource-name="unsupported.py"]').click();
    await group(page, "unsupported.py").locator(".squiggly-error").first().waitFor();
    await clickLine(page, "unsupported.py", "def transform");
    await chord("Control+k", "Control+g");
    const shown = "transform.grad.py";
    await until(page, shown, "the reason", (seen) => has(seen, "cannot differentiate"));
  },

  async "a restart of the server keeps everything"() {
    await page.locator(`.tab[data-resource-name="${SOURCE}"]`).click();
    await clickLine(page, SOURCE, "def loss");
    await chord("Control+k", "Control+g");
    await until(page, DERIVATIVE, "the derivative", (seen) => has(seen, "def dlossd"));
    await page.keyboard.press("F1");
    await page.keyboard.type("Tangent: Restart Server");
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Restart" }).first().waitFor();
    await page.keyboard.press("Enter");
    await rewrite("h = np.sin(", HIDDEN);
    await until(page, DERIVATIVE, "the new text", (seen) => has(seen, HIDDEN));
    await untilMarked(page, DERIVATIVE, { forward: [HIDDEN], adjoint: ["bw1 ="] });
    check((await page.locator(".notification-toast").count()) === 0, "there is a notification");
  },
};

async function openFile(name) {
  await page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).dblclick();
  await until(page, name, "its text", (seen) => seen.length > 1);
}

function lens(title) {
  return group(page, SOURCE).locator(".codelens-decoration a", { hasText: title });
}

function editorLine(name, text) {
  return group(page, name).locator(".view-line").filter({ hasText: spaced(text) }).first();
}

/** Replace the line of the source that contains `text`, as typing does. */
async function rewrite(text, replacement) {
  await clickLine(page, SOURCE, text);
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  await page.keyboard.type(replacement);
}

async function chord(first, second) {
  await page.keyboard.press(first);
  await page.keyboard.press(second);
}

function isActive(name) {
  return group(page, name).evaluate((it) => it.classList.contains("active"));
}

/** Wait until `name` has the focus and its cursor is in a line with this text. */
async function untilCursor(name, text) {
  await until(page, name, `the cursor at ${text}`, (seen) =>
    seen.some((line) => line.current && line.active && line.text.match(text.source ? text : spaced(text))),
  );
}

function has(seen, text) {
  return seen.some((line) => line.text.includes(text));
}

function check(condition, message) {
  if (!condition) {
    throw new Error(message);
  }
}

async function main() {
  const started = await chromium.launch({
    executablePath: browser,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
      // Nothing but the editor itself may be reached.
      "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ],
  });
  const context = await started.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(`${address}/?folder=${encodeURIComponent(folder)}`);
  await page.waitForSelector(".explorer-folders-view .monaco-list-row", { timeout: 60_000 });
  let number = 0;
  let failed = false;
  for (const [name, step] of Object.entries(steps)) {
    number += 1;
    const begin = Date.now();
    let error;
    try {
      await step();
    } catch (problem) {
      error = String(problem.stack ?? problem);
      failed = true;
    }
    const file = `${String(number).padStart(2, "0")}-${name.replace(/[^a-z0-9]+/gi, "-")}.png`;
    await page.waitForTimeout(200);
    await page.screenshot({ path: `${screenshots}/${file}` });
    console.log(JSON.stringify({ name, error, ms: Date.now() - begin, screenshot: file }));
    if (failed) {
      break;
    }
  }
  await started.close();
  process.exit(failed ? 1 : 0);
}

main().catch((error) => {
  console.error(error);
  process.exit(2);
});
