// Chunks of a folder: scripts beside the page, loaded when the map or a question needs them.
//
// Every file of data/ is a call landready(mark, kind, number, pack): s shapes and f facts of a
// chunk, l links, c codes, o overlays in full (geo/webmap/folder.py). What was asked last is loaded
// first. The mark is that of the build: what another one wrote is other land, and is not used.

Object.assign(WORDS, {
  missing: {
    zh: "数据文件 {n} 缺失或无法读取：此图要与 data 文件夹放在一起，请整个复制。",
    en: "The file {n} is missing or cannot be read: keep this page with its data folder.",
  },
  foreign: {
    zh: "数据文件 {n} 不是与此页一起生成的，未采用：请整个复制同一次生成的文件夹。",
    en: "The file {n} was not written with this page and is not used: copy the folder as a whole.",
  },
});

const AT_ONCE = 6; // files on their way
const TRIES = 2;
const RETRY_MS = 400;
const KEPT_CHUNKS = 100; // with shapes, of those that only the map has asked for

function isFolder() {
  return document.getElementById("landready-folder") !== null;
}

async function openFolder() {
  const directory = await packed("folder");
  const files = fileQueue(directory.mark[0]);
  const chunks = chunksOf(directory);
  const links = async () => {
    const numbers = Array.from({ length: directory["links.files"][0] }, (_, at) => at);
    return joinedColumns(await Promise.all(numbers.map((at) => files.load("l", at))));
  };
  const index = codeIndex(directory["codes.first"], files);
  const atlas = makeAtlas({ chunks, links, find: index.find });
  const { all } = atlas;
  Object.assign(atlas, {
    files,
    overview: await openOverview(chunks),
    need: needing(chunks, files),
    chunkOf: (row) => chunks[Math.floor(row / chunks[0].count)], // only the last may be shorter
    // A code may belong to a former parcel too, or begin the label of another.
    async rowOf(id) {
      let former = -1;
      for (const row of await index.rowsOf(id)) {
        const known = await atlas.record(row);
        if (known.id !== id) continue;
        if (known.alive) return row;
        former = row;
      }
      return former;
    },
    all(kind, onProgress) {
      for (const chunk of chunks) atlas.need(chunk, kind).catch(() => {}); // side by side
      return all(kind, onProgress);
    },
  });
  return atlas;
}

function chunksOf(directory) {
  const sides = ["west", "south", "east", "north"].map((side) => directory[`chunk.${side}`]);
  let first = 0;
  return Array.from(directory["chunk.count"], (count, number) => {
    const box = sides.map((side) => side[number]);
    const chunk = { number, first, count, box, shapes: null, facts: null };
    first += count;
    return chunk;
  });
}

// need(chunk, kind, { seen }) → the columns; null when it went out of sight before it was begun.
function needing(chunks, files) {
  const coming = new Map();
  const recent = new Set(); // chunks that only the map has asked for, the latest last
  const make = async (chunk, kind, seen) => {
    const columns = await files.load(kind === "shapes" ? "s" : "f", chunk.number, seen);
    if (!columns) return null;
    chunk[kind] = kind === "shapes" ? outlined(columns, "parcels") : columns;
    return chunk[kind];
  };
  return (asked, kind, { seen = false } = {}) => {
    const chunk = asked.real ?? asked;
    if (kind === "shapes") used(recent, chunk, seen);
    if (chunk[kind]) return Promise.resolve(chunk[kind]);
    const key = `${kind}${chunk.number}`;
    if (coming.has(key) && !seen) files.keep(kind === "shapes" ? "s" : "f", chunk.number);
    if (!coming.has(key)) {
      coming.set(key, make(chunk, kind, seen).finally(() => coming.delete(key)));
    }
    return coming.get(key);
  };
}

function used(recent, chunk, seen) {
  if (!seen) chunk.kept = true;
  recent.delete(chunk);
  if (!chunk.kept) recent.add(chunk);
  for (const old of recent) {
    if (recent.size <= KEPT_CHUNKS) return;
    Object.assign(old, { shapes: null, facts: null, looks: undefined, asked: false });
    recent.delete(old);
  }
}

// -- files ----------------------------------------------------------------------------------------

// load(kind, number, seen) → columns; what is `seen` only may be dropped while it waits.
function fileQueue(mark) {
  const packs = packsOf(mark);
  const jobs = new Map();
  let busy = 0;
  const work = () => {
    const waiting = [...jobs.values()].filter(({ begun }) => !begun);
    for (let job = waiting.pop(); job && busy < AT_ONCE; job = waiting.pop()) {
      busy += 1;
      job.begun = true;
      run(job);
    }
  };
  const run = async (job) => {
    await settle(job, packs, mark);
    jobs.delete(job.name);
    busy -= 1;
    work();
  };
  return {
    load(kind, number, seen = false) {
      const file = chunkFile(kind, number);
      const job = jobs.get(file) ?? newJob(file);
      job.seen = seen && job.seen;
      jobs.delete(file); // asked last, loaded first
      jobs.set(file, job);
      queueMicrotask(work);
      return job.promise;
    },
    keep(kind, number) {
      const job = jobs.get(chunkFile(kind, number));
      if (job) job.seen = false;
    },
    drop(isSeen) {
      for (const [file, job] of jobs) {
        if (job.begun || !job.seen || isSeen(file)) continue;
        jobs.delete(file);
        job.resolve(null);
      }
    },
  };
}

// The packs of the files that have run, null for one of another build.
function packsOf(mark) {
  const packs = new Map();
  addEventListener("error", (event) => {
    if (!event.filename || event.filename.includes("/data/")) event.preventDefault(); // it is said
  });
  Object.defineProperty(window, "landready", {
    value(made, kind, number, pack) {
      if (made === mark) packs.set(chunkFile(kind, number), pack);
      else packs.set(document.currentScript.dataset.file, null);
    },
  });
  return packs;
}

async function settle(job, packs, mark) {
  try {
    await loaded(job.name, packs, mark);
    job.resolve(await unpack(packs.get(job.name)));
  } catch (error) {
    sayUnread(job.name, packs.get(job.name) === null ? "foreign" : "missing");
    job.reject(error);
  }
  packs.delete(job.name);
}

function newJob(file) {
  const job = { name: file, begun: false, seen: true };
  job.promise = new Promise((resolve, reject) => Object.assign(job, { resolve, reject }));
  return job;
}

function chunkFile(kind, number) {
  return `${kind}${String(number).padStart(4, "0")}.js`;
}

async function loaded(file, packs, mark) {
  for (let left = TRIES; left > 0 && !packs.has(file); left -= 1) {
    if (left < TRIES) await new Promise((go) => setTimeout(go, RETRY_MS));
    await new Promise((go) => {
      const tag = document.createElement("script");
      tag.src = `data/${file}?${mark}`; // a browser may keep what another build had there
      tag.dataset.file = file;
      tag.onload = tag.onerror = go;
      document.head.append(tag);
      tag.remove(); // it runs all the same
    });
  }
  if (!packs.get(file)) throw new Error(`data/${file} is missing, or of another build`);
}

// On the page, where whoever opened it can see it.
function sayUnread(file, why) {
  const known = document.getElementById("landready-missing");
  const note = known ?? el("p", "lr-missing", "");
  note.id = "landready-missing";
  note.setAttribute("role", "alert");
  say(note, worded(why, `data/${file}`));
  if (!known) document.getElementById("landready-field").append(note);
}

// -- codes ----------------------------------------------------------------------------------------

// An entry of the index says that a folded label is to be found by its part from some place on.
function codeIndex(firsts, files) {
  const entries = async (sought) => {
    const past = firsts.findIndex((first) => before(sought, first) && !first.startsWith(sought));
    const end = past < 0 ? firsts.length : past;
    let start = end - 1;
    while (start > 0 && !before(firsts[start], sought)) start -= 1;
    const numbers = [start, end - 1].filter((at, n, both) => at >= 0 && both.indexOf(at) === n);
    const parts = await Promise.all(numbers.map((at) => files.load("c", at)));
    return parts.flatMap((part) => fitting(part, sought));
  };
  const find = async (typed) => {
    const sought = folded(typed);
    return sought ? firstFound(await entries(sought)) : [];
  };
  const rowsOf = async (code) => {
    const exact = ({ at, label }) => at === 0 && (label === code || label.startsWith(`${code} `));
    return (await entries(folded(code))).filter(exact).map(({ row }) => row);
  };
  return { find, rowsOf };
}

function fitting(part, sought) {
  const found = [];
  part["codes.label"].forEach((label, n) => {
    const at = part["codes.at"][n];
    if (folded(label).startsWith(sought, at)) found.push({ row: part["codes.row"][n], label, at });
  });
  return found;
}

// By code points, as the index is sorted; the language would compare halves of them.
function before(one, other) {
  const [a, b] = [[...one], [...other]];
  const at = a.findIndex((letter, n) => letter !== b[n]);
  if (at < 0) return a.length < b.length;
  return at < b.length && a[at].codePointAt(0) < b[at].codePointAt(0);
}
