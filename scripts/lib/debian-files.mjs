import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackPackages } from "./apt.mjs";
import { provideFolder } from "./cache.mjs";
import { installed, run, runQuietly } from "./run.mjs";

/** Debian's key, with which its sources are signed. */
const KEY = "/usr/share/keyrings/debian-archive-keyring.gpg";

function seriesOf() {
  return /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
}

/** Where this machine has its packages of a series from. */
function archiveOf(series) {
  const chosen = ["--format", "$(REPO_URI)", "Created-By: Packages", `Release: ${series}`, "Component: main"];
  const { stdout } = run("apt-get", ["indextargets", ...chosen], { stdio: ["ignore", "pipe", "ignore"] });
  return stdout?.toString().split("\n")[0] || undefined;
}

/** Runs a script in a folder, whose `apt` has lists of its own: of a kind of packages, of a suite of Debian's. Says why it could not. */
function withApt(folder, kind, suite, script) {
  const series = seriesOf();
  const archive = archiveOf(series);
  if (archive === undefined) return `apt-get knows no archive of ${series}`;
  const list = join(folder, "sources.list");
  writeFileSync(list, `${kind} [signed-by=${KEY}] ${archive} ${suite} main\n`);
  const prelude = `
    lists=$(mktemp -d); trap 'rm -rf "$lists"' EXIT; mkdir -p "$lists/lists/partial" "$lists/archives/partial"
    apt() { timeout 120 apt-get -qq -o APT::Sandbox::User=root -o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=- \\
      -o Dir::State::lists="$lists/lists" -o Dir::Cache="$lists" "$@"; }
    apt update\n`;
  return runQuietly("/bin/sh", ["-ec", prelude + script], { cwd: folder }).status === 0
    ? undefined
    : "could not be fetched";
}

/** Fetches a source package, and unpacks those of its files that patterns fit. */
function fetch(name, patterns, folder) {
  const script = `
    apt source --download-only ${name}
    tar xf *.orig.tar.?z --wildcards --strip-components=1 ${patterns.map((each) => `'${each}'`).join(" ")}
    rm -f *.tar.* *.dsc`;
  const reason = withApt(folder, "deb-src", seriesOf(), script);
  return reason && `Debian's sources of ${name}: ${reason}`;
}

/**
 * Files of a Debian source package, fetched once and kept outside the tree: `{ folder }`, or `{ missing }` with the reason. Nothing is
 * fetched where LINKWRIGHT_NO_APT is 1.
 *
 * @param patterns What `tar` is to unpack.
 * @param known A file that is there when all is.
 */
export function provideSources(name, patterns, known) {
  const isWhole = (folder) => existsSync(join(folder, known));
  return provideFolder(`sources/${name}`, isWhole, (draft) => obstacle() ?? fetch(name, patterns, draft));
}

/** Why nothing can be fetched here, if so. */
function obstacle() {
  if (process.env.LINKWRIGHT_NO_APT === "1") return "LINKWRIGHT_NO_APT is 1: nothing is fetched";
  if (!existsSync(KEY) || !installed("apt-get") || seriesOf() === undefined) return "it is fetched on Debian alone";
  return undefined;
}

/** Debian packages, unpacked once and never installed: `{ folder }`, or `{ missing }` with the reason. */
export function providePackages(name, packages, known) {
  const isWhole = (folder) => existsSync(join(folder, known));
  return provideFolder(`packages/${name}`, isWhole, (draft) => {
    const reason = obstacle();
    if (reason !== undefined) return reason;
    return unpackPackages(packages, draft)
      ? undefined
      : `Debian's packages ${packages.join(", ")} could not be fetched`;
  });
}

/** The same of Debian's backports, whether this machine knows of those or not. */
export function provideBackports(name, packages, known) {
  const isWhole = (folder) => existsSync(join(folder, known));
  const script = `apt download ${packages.join(" ")}\nfor file in *.deb; do dpkg-deb -x "$file" .; rm "$file"; done`;
  return provideFolder(`packages/${name}`, isWhole, (draft) => {
    const reason = obstacle() ?? withApt(draft, "deb", `${seriesOf()}-backports`, script);
    return reason && `${packages.join(", ")} of Debian's backports: ${reason}`;
  });
}
