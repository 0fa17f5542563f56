// Put the Python server and its pure-Python dependencies under bundled/, as the .vsix ships them:
//   bundled/libs   tangent, tangent_ls and what they import
//   bundled/tool   the script that starts the server
// Uses the Python named by $PYTHON, or the repository's virtual environment, or the PATH's.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const extension = join(dirname(fileURLToPath(import.meta.url)), "..");
const repository = join(extension, "..");
const libs = join(extension, "bundled", "libs");

const python = [
  process.env.PYTHON,
  join(repository, ".venv", "bin", "python"),
  join(repository, ".venv", "Scripts", "python.exe"),
  "python3",
  "python",
].find((it) => it && spawnSync(it, ["-m", "pip", "--version"]).status === 0);
if (!python) {
  console.error("bundle:server needs a Python with pip; set PYTHON to one");
  process.exit(1);
}

rmSync(join(extension, "bundled"), { recursive: true, force: true });
mkdirSync(libs, { recursive: true });

const pip = spawnSync(
  python,
  [
    "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile",
    "--target", libs,
    // Only wheels that run anywhere: any platform, no compiled code, from Python 3.10.
    "--only-binary", ":all:", "--implementation", "py", "--abi", "none", "--platform", "any",
    "--python-version", "3.10",
    "--requirement", join(extension, "requirements.txt"),
  ],
  { stdio: "inherit" },
);
if (pip.status !== 0) {
  console.error("bundle:server: pip could not install the server's dependencies");
  process.exit(1);
}
rmSync(join(libs, "bin"), { recursive: true, force: true });

copy(join(repository, "engine", "tangent"), join(libs, "tangent"));
copy(join(repository, "server", "tangent_ls"), join(libs, "tangent_ls"));
copy(join(extension, "tool"), join(extension, "bundled", "tool"));

const compiled = readdirSync(libs, { recursive: true }).filter((it) => /\.(so|pyd|dylib)$/.test(it));
if (compiled.length > 0) {
  console.error(`bundle:server: not pure Python: ${compiled.join(", ")}`);
  process.exit(1);
}

function copy(from, to) {
  if (!existsSync(from)) {
    console.error(`bundle:server: ${from} is missing`);
    process.exit(1);
  }
  cpSync(from, to, { recursive: true, filter: (path) => basename(path) !== "__pycache__" });
}
