// VS Code in a browser page, in the terms of the tests: groups, lines, marks.

const EDITOR_TIMEOUT = 30_000;

/** The editor group whose active tab has this name; everything below is asked of its DOM. */
function group(page, name) {
  const tab = page.locator(`.tab.active[data-resource-name="${name}"]`);
  return page.locator(".editor-group-container").filter({ has: tab });
}

/** The lines in view, from the top: text, place, and the kinds of link marks on them. */
async function lines(page, name) {
  return group(page, name).evaluate((element) => {
    const editor = element.querySelector(".monaco-editor");
    if (!editor) {
      return [];
    }
    // By its edge: what a person sees, not the generated class names.
    const kindOf = (mark) => {
      const { borderLeftStyle: style, borderLeftColor: color } = getComputedStyle(mark);
      const [red, , blue] = color.match(/\d+/g)?.map(Number) ?? [0, 0, 0];
      if (style === "dotted") {
        return "forward";
      }
      return style === "solid" ? (red > blue ? "adjoint" : "primal") : undefined;
    };
    const marks = new Map();
    for (const row of editor.querySelectorAll(".view-overlays > div")) {
      const kinds = [...row.querySelectorAll(".cdr[class*='ced-']")].map(kindOf).filter(Boolean);
      marks.set(Math.round(row.getBoundingClientRect().top), [...new Set(kinds)]);
    }
    const active = element.classList.contains("active");
    const current = editor.querySelector(".view-overlays .current-line")?.getBoundingClientRect().top;
    return [...editor.querySelectorAll(".view-lines > .view-line")]
      .map((line) => {
        const top = Math.round(line.getBoundingClientRect().top);
        const text = line.textContent.replaceAll("\u00a0", " ").replaceAll("\u200b", "");
        return {
          top,
          text: text.trimEnd(),
          marks: marks.get(top) ?? [],
          active,
          current: Math.round(current) === top,
        };
      })
      .sort((a, b) => a.top - b.top);
  });
}

/** Poll until `check(lines)` is truthy, and return that; fail with what was seen last. */
async function until(page, name, what, check, timeout = EDITOR_TIMEOUT) {
  const end = Date.now() + timeout;
  let seen = [];
  while (Date.now() < end) {
    seen = await lines(page, name).catch(() => []);
    const result = check(seen);
    if (result) {
      return result;
    }
    await page.waitForTimeout(100);
  }
  const shown = seen.map(({ text, marks }) => `    ${text}${marks.length ? `   <${marks}>` : ""}`);
  throw new Error(`${what}: not within ${timeout} ms in ${name}, which shows\n${shown.join("\n")}`);
}

/** Wait for marks: `expected` maps a kind to texts of which each must be in a marked line. */
function untilMarked(page, name, expected) {
  const kinds = Object.entries(expected);
  return until(page, name, `marks ${JSON.stringify(expected)}`, (seen) =>
    kinds.every(([kind, texts]) => {
      const marked = seen.filter(({ marks }) => marks.includes(kind)).map(({ text }) => text);
      return texts.length === 0
        ? marked.length === 0
        : texts.every((text) => marked.some((line) => line.includes(text)));
    }) && seen,
  );
}

/** Put the cursor at the end of the first line in view that contains `text`. */
async function clickLine(page, name, text) {
  const line = group(page, name).locator(".view-line").filter({ hasText: spaced(text) }).first();
  await line.click({ position: { x: 60, y: 8 } });
  await page.keyboard.press("End");
}

/** A pattern for a text in the editor, which shows spaces as no-break spaces. */
function spaced(text) {
  const escaped = text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
  return new RegExp(escaped.replaceAll(" ", "[ \u00a0]"));
}

module.exports = { clickLine, group, lines, spaced, until, untilMarked };
