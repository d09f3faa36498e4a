export interface LineageNode {
  uid: string;
  parents: readonly string[];
}

/** A placed node: `column` and `row` are grid positions, columns may be fractional. */
export interface Placed {
  uid: string;
  column: number;
  row: number;
}

export interface Lineage {
  nodes: Map<string, Placed>;
  edges: { from: string; to: string }[];
  columns: number;
  rows: number;
}

const SWEEPS = 4;
/** Width of the block into which jobs without any relation are stacked. */
const LOOSE_COLUMNS = 4;

/**
 * Layered layout of the lineage graph: parents above children.
 *
 * Each connected family is laid out alone (Sugiyama's scheme: rows by longest path, order within rows by sweeps of
 * mean parent and child positions, then columns moved towards their relatives without overlap), and families stand
 * side by side, the one with the newest job first. Parents outside of `nodes` are ignored. O(nodes + edges) a sweep.
 */
export function layoutLineage(nodes: readonly LineageNode[]): Lineage {
  const known = new Set(nodes.map((n) => n.uid));
  const parents = new Map(nodes.map((n) => [n.uid, n.parents.filter((p) => known.has(p) && p !== n.uid)]));
  const children = new Map<string, string[]>(nodes.map((n) => [n.uid, []]));
  const edges: Lineage['edges'] = [];
  for (const [uid, list] of parents) {
    for (const parent of list) {
      children.get(parent)?.push(uid);
      edges.push({ from: parent, to: uid });
    }
  }
  const placed = new Map<string, Placed>();
  let left = 0;
  let rows = 0;
  const loose: string[] = [];
  for (const family of familiesOf(nodes, parents, children)) {
    if (family.length === 1) {
      loose.push(...family);
      continue;
    }
    const size = placeFamily(family, parents, children, left, placed);
    left += size.columns + 0.5;
    rows = Math.max(rows, size.rows);
  }
  for (const [i, uid] of loose.entries()) {
    placed.set(uid, { uid, column: left + (i % LOOSE_COLUMNS), row: Math.floor(i / LOOSE_COLUMNS) });
  }
  rows = Math.max(rows, Math.ceil(loose.length / LOOSE_COLUMNS));
  const columns = Math.max(0, ...[...placed.values()].map((p) => p.column + 1));
  return { nodes: placed, edges, columns, rows };
}

type Relations = ReadonlyMap<string, readonly string[]>;

/** Connected components, in the order of `nodes`. */
function familiesOf(nodes: readonly LineageNode[], parents: Relations, children: Relations): string[][] {
  const seen = new Set<string>();
  const families: string[][] = [];
  for (const { uid } of nodes) {
    if (seen.has(uid)) continue;
    seen.add(uid);
    const family = [uid];
    for (const member of family) {
      for (const next of [...(parents.get(member) ?? []), ...(children.get(member) ?? [])]) {
        if (seen.has(next)) continue;
        seen.add(next);
        family.push(next);
      }
    }
    families.push(family);
  }
  return families;
}

function placeFamily(
  family: readonly string[],
  parents: Relations,
  children: Relations,
  left: number,
  placed: Map<string, Placed>,
): { columns: number; rows: number } {
  const layers = layersOf(family, parents, children);
  const column = new Map<string, number>();
  for (const layer of layers) for (const [i, uid] of layer.entries()) column.set(uid, i);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    const relatives = down ? parents : children;
    for (const layer of down ? layers : layers.toReversed()) arrange(layer, relatives, column);
  }
  const leftmost = Math.min(...column.values());
  const rightmost = Math.max(...column.values());
  for (const [row, layer] of layers.entries()) {
    for (const uid of layer) placed.set(uid, { uid, row, column: left + (column.get(uid) ?? 0) - leftmost });
  }
  return { columns: rightmost - leftmost + 1, rows: layers.length };
}

/** Rows by longest path from a root. A cycle cannot come from the server; its members would stay in row 0. */
function layersOf(family: readonly string[], parents: Relations, children: Relations): string[][] {
  const open = new Map(family.map((uid) => [uid, parents.get(uid)?.length ?? 0]));
  const depth = new Map(family.map((uid) => [uid, 0]));
  const ready = family.filter((uid) => open.get(uid) === 0);
  for (const uid of ready) {
    for (const child of children.get(uid) ?? []) {
      depth.set(child, Math.max(depth.get(child) ?? 0, (depth.get(uid) ?? 0) + 1));
      const left = (open.get(child) ?? 0) - 1;
      open.set(child, left);
      if (left === 0) ready.push(child);
    }
  }
  const layers: string[][] = [];
  for (const uid of family) {
    const row = depth.get(uid) ?? 0;
    while (layers.length <= row) layers.push([]);
    layers[row]?.push(uid);
  }
  return layers;
}

/** Sorts one row by the mean column of its relatives and spreads it so that neighbours are at least one apart. */
function arrange(layer: string[], relatives: Relations, column: Map<string, number>): void {
  const wish = new Map<string, number>();
  for (const uid of layer) {
    const of = (relatives.get(uid) ?? []).map((r) => column.get(r) ?? 0);
    wish.set(uid, of.length === 0 ? (column.get(uid) ?? 0) : of.reduce((a, b) => a + b, 0) / of.length);
  }
  layer.sort((a, b) => (wish.get(a) ?? 0) - (wish.get(b) ?? 0));
  const wishes = layer.map((uid) => wish.get(uid) ?? 0);
  for (const [i, x] of spread(wishes).entries()) column.set(layer[i] ?? '', x);
}

/**
 * Positions nearest to the wishes (least squares) with at least one unit between neighbours, order kept: groups of
 * touching nodes are merged and sit at the mean of their wishes (pool adjacent violators).
 */
function spread(wishes: readonly number[]): number[] {
  const groups: { sum: number; size: number }[] = [];
  for (const [i, wish] of wishes.entries()) {
    let group = { sum: wish - i, size: 1 };
    for (;;) {
      const before = groups.at(-1);
      if (!before || before.sum / before.size < group.sum / group.size) break;
      group = { sum: before.sum + group.sum, size: before.size + group.size };
      groups.pop();
    }
    groups.push(group);
  }
  return groups.flatMap((g) => Array.from({ length: g.size }, () => g.sum / g.size)).map((x, i) => x + i);
}
