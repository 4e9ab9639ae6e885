// Builds everything a browser needs into ../static/dist: one style sheet, the page script, the chart script, the icon sprite;
// and brings the fonts that papers and letters are set in.
// Also writes THIRD_PARTY.md, the list of what is inside with its licences. Run by `npm run build`.
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../../..");
const dist = join(here, "../static/dist");
const modules = join(root, "node_modules");
const fonts = join(here, "../../paper/fonts");

async function bundle() {
  await build({
    absWorkingDir: root,
    entryPoints: { app: join(here, "app.js"), charts: join(here, "charts.js"), style: join(here, "app.css") },
    outdir: dist,
    bundle: true,
    minify: true,
    charset: "utf8",
    format: "iife",
    legalComments: "linked",
    // Office PCs and the browser inside a chat application are often some years behind.
    target: ["chrome86", "firefox91", "safari15"],
  });
}

// The static file storage follows sourceMappingURL comments and fails when the map is not there.
async function stripSourceMaps() {
  for (const name of await readdir(dist)) {
    if (!/\.(css|js)$/.test(name)) continue;
    const text = await readFile(join(dist, name), "utf8");
    await writeFile(join(dist, name), text.replace(/\/\*# sourceMappingURL=.*?\*\/|\/\/# sourceMappingURL=.*$/gm, ""));
  }
}

async function sprite() {
  const names = (await readFile(join(here, "icons.txt"), "utf8")).split("\n").filter((line) => line && !line.startsWith("#"));
  const symbols = [];
  for (const name of names) {
    const svg = await readFile(join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
    const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace("</svg>", "").replace(/<path stroke="none"[^>]*\/>/, "");
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24">${inner.replace(/\s+/g, " ").trim()}</symbol>`);
  }
  await writeFile(join(dist, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

// One face for each role that a document needs; the names of the roles are in src/taizhang/paper/fonts.py.
async function faces() {
  const wanted = [
    ["noto-serif-sc", "400Regular", "NotoSerifSC_400Regular.ttf"],
    ["noto-serif-sc", "700Bold", "NotoSerifSC_700Bold.ttf"],
    ["noto-sans-sc", "500Medium", "NotoSansSC_500Medium.ttf"],
  ];
  await rm(fonts, { recursive: true, force: true });
  await mkdir(fonts, { recursive: true });
  for (const [name, weight, file] of wanted) {
    await copyFile(join(modules, "@expo-google-fonts", name, weight, file), join(fonts, file));
    await copyFile(join(modules, "@expo-google-fonts", name, "LICENSE_FONT"), join(fonts, `${name}.OFL.txt`));
  }
}

async function thirdParty() {
  const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  const rows = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path || entry.dev || entry.optional) continue;
    rows.push(`| ${path.replace(/^.*node_modules\//, "")} | ${entry.version} | ${entry.license ?? "see package"} |`);
  }
  const text = [
    "# Software of others in the pages and papers",
    "",
    "Written by `npm run build`. These packages, or parts of them, are in the files that the pages send to a browser;",
    "their notices stand beside the built files (`*.LEGAL.txt`). Pages use the reader's own fonts; the PDF of papers and",
    "letters embeds parts of the Noto fonts (SIL Open Font License).",
    "",
    "| package | version | licence |",
    "|---|---|---|",
    ...rows.sort(),
    "",
  ];
  await writeFile(join(root, "THIRD_PARTY.md"), text.join("\n"));
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await bundle();
await stripSourceMaps();
await sprite();
await faces();
await thirdParty();
