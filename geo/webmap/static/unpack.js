// Packs: columns of whole numbers, levels and texts out of deflated base64 (geo/webmap/packing.py).

async function unpack(base64) {
  return columnsOf(await inflated(bytesOf(base64)));
}

function bytesOf(base64) {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

// The browser's own inflater where it has one; else the vendored one, which is slower.
async function inflated(bytes) {
  let stream;
  try {
    stream = new DecompressionStream("deflate-raw");
  } catch {
    return inflateSlowly(bytes);
  }
  const whole = new Response(new Blob([bytes]).stream().pipeThrough(stream));
  return new Uint8Array(await whole.arrayBuffer());
}

// The vendored inflater drops what does not fit, and nothing tells beforehand how much it will be.
function inflateSlowly(bytes) {
  for (let room = 8 * bytes.length + 64; ; room *= 2) {
    const out = tinyInflate(bytes, new Uint8Array(room));
    if (out.length < room) return out;
  }
}

function columnsOf(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const text = new TextDecoder();
  const heads = JSON.parse(text.decode(bytes.subarray(4, 4 + length)));
  const columns = {};
  const placed = heads.filter(({ kind }) => kind === "place");
  let at = 4 + length;
  for (const head of heads) {
    const body = bytes.subarray(at, at + head.bytes);
    at += head.bytes;
    const isText = head.kind === "text";
    columns[head.name] = isText ? JSON.parse(text.decode(body)) : numbersOf(head, body);
  }
  spread(columns, placed);
  return columns;
}

// Points that were told once, at all the places where they stand: see told_once of packing.py.
function spread(columns, placed) {
  const told = { x: [], y: [] };
  for (const { name: key } of placed) {
    let last = 0;
    let fresh = told.x.length;
    const places = columns[key].map((code) => {
      last = code === 0 ? fresh++ : last - 1 + unfolded(code - 1);
      return last;
    });
    delete columns[key];
    for (const [axis, known] of Object.entries(told)) {
      const own = key.replace(/place$/, axis);
      for (const value of columns[own]) known.push(value);
      columns[own] = columns[own].constructor.from(places, (place) => known[place]);
    }
  }
}

// Numbers as a typed array; levels as { codes, levels }.
function numbersOf({ kind, rows, small, levels }, body) {
  if (kind === "level") return { codes: varints(body, new Int32Array(rows)), levels };
  const out = small ? new Int32Array(rows) : new Float64Array(rows);
  return kind === "delta" ? summed(body, out) : varints(body, out);
}

// Above 2^28 bits no longer fit the integer operations of the language; products do.
function varints(body, out) {
  let at = 0;
  for (let row = 0; row < out.length; row += 1) {
    let byte = body[at++];
    let value = byte & 127;
    let scale = 128;
    while (byte > 127) {
      byte = body[at++];
      value += (byte & 127) * scale;
      scale *= 128;
    }
    out[row] = value;
  }
  return out;
}

function summed(body, out) {
  const steps = varints(body, new Float64Array(out.length));
  let sum = 0;
  for (let row = 0; row < out.length; row += 1) {
    sum += unfolded(steps[row]);
    out[row] = sum;
  }
  return out;
}

function unfolded(step) {
  return step % 2 === 0 ? step / 2 : -(step + 1) / 2;
}
