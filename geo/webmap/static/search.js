// Finding parcels, blocks and zones by code or name, for those who do not point at the map.

const MOST_FOUND = 10;

// A combobox with a list: arrows walk through it, Enter takes one, Esc closes it.
function finder(app) {
  const field = el("input", "");
  field.type = "search";
  field.autocomplete = "off";
  const list = el("ul", "lr-found", []);
  list.id = "landready-found";
  list.setAttribute("role", "listbox");
  const roles = { role: "combobox", "aria-controls": list.id, "aria-autocomplete": "list" };
  for (const [key, value] of Object.entries(roles)) field.setAttribute(key, value);
  name(field, "placeholder", worded("find"));
  name(field, "aria-label", worded("find"));
  name(list, "aria-label", worded("found"));
  const choice = choices(app, field, list);
  field.addEventListener("input", () => choice.ask(field.value));
  field.addEventListener("keydown", (event) => choice.key(event));
  field.addEventListener("blur", choice.close); // a press on the list leaves the focus here
  return el("search", "lr-find", [field, list]);
}

function choices(app, field, list) {
  let [found, at, asked] = [[], -1, 0];
  const mark = (next) => {
    at = next;
    [...list.children].forEach((node, n) => node.setAttribute("aria-selected", String(n === at)));
    field.setAttribute("aria-activedescendant", at < 0 ? "" : `landready-found-${at}`);
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const show = (items) => {
    found = items ?? [];
    list.replaceChildren(...(items ? options(items, take) : []));
    field.setAttribute("aria-expanded", String(found.length > 0));
    mark(-1);
  };
  const close = () => show(null);
  const take = (item) => {
    close();
    field.value = spoken(item.label);
    goTo(app, item.selected);
  };
  const ask = async (typed) => {
    const own = (asked += 1);
    const items = await matches(app, typed);
    if (own === asked) show(items);
  };
  const key = (event) => {
    const to = placeAfter(event.key, at, found.length);
    if (to >= 0) {
      event.preventDefault();
      mark(to);
    }
    if (event.key === "Escape" && list.children.length > 0) {
      event.stopPropagation(); // the card stays until it is pressed again
      close();
    }
    if (event.key === "Enter" && at >= 0) take(found[at]);
    else if (event.key === "Enter") ask(field.value).then(() => found.length && take(found[0]));
  };
  close();
  return { ask, key, close };
}

// Where an arrow leads to in a list of so many, round its ends; -1 for other keys.
function placeAfter(key, at, count) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (!step || count === 0) return -1;
  return (at + step + (at < 0 && step < 0 ? 1 : 0) + count) % count;
}

function options(items, take) {
  if (items.length === 0) {
    const none = el("li", "lr-note", worded("nothing"));
    none.setAttribute("role", "option");
    none.setAttribute("aria-disabled", "true");
    return [none];
  }
  return items.map((item, n) => {
    const node = el("li", "", item.label);
    node.id = `landready-found-${n}`;
    node.setAttribute("role", "option");
    node.addEventListener("mousedown", (event) => event.preventDefault());
    node.addEventListener("click", () => take(item));
    return node;
  });
}

// Zones and blocks by their label in either language, then parcels; null when nothing is asked.
async function matches({ payload, atlas }, typed) {
  const sought = folded(typed);
  if (!sought) return null;
  const fits = ({ label }) => Object.values(label).some((text) => folded(text).includes(sought));
  const named = (kind) =>
    payload[`${kind}s`].filter(fits).map(({ id, label }) => ({ label, selected: { kind, id } }));
  const found = await atlas.find(typed).catch(() => []); // what is missing is said on the page
  const parcels = found.map(({ row, label }) => ({
    label,
    selected: { kind: "parcel", row },
  }));
  return [...named("zone"), ...named("block"), ...parcels].slice(0, MOST_FOUND);
}
