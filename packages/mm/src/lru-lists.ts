/** The lists of a node. @kernel include/linux/mmzone.h enum lru_list (7.3, 6.12) */
export const Lru = { inactiveAnon: 0, activeAnon: 1, inactiveFile: 2, activeFile: 3 } as const;
export type LruList = (typeof Lru)[keyof typeof Lru];
const NR_LISTS = 4;
const ACTIVE = 1;
const FILE = 2;

/** Flags of a frame on a list; the first two are its list's number. */
const LISTED = 4;
const REFERENCED = 8;
const LARGE = 16;
const LIST_MASK = ACTIVE | FILE;

/** Groups of lists: each node has the lists of each memory cgroup. @kernel include/linux/mmzone.h struct lruvec */
export interface LruGroups {
  readonly count: number;
  /** The group that a folio belongs to, by its first frame, when it comes onto a list. */
  of(pfn: number): number;
}

const ONE_GROUP: LruGroups = { count: 1, of: () => 0 };

/**
 * The active and inactive lists of each node, of folios by their first frames. Two links a frame: lists are rings through a head of
 * their own, numbered behind the frames. Only the coordinator looks at them.
 *
 * @kernel include/linux/mm_inline.h lruvec_add_folio, lruvec_del_folio (7.3, 6.12); not the multi-generational ones
 */
export class LruLists {
  readonly #next: Uint32Array;
  readonly #prev: Uint32Array;
  readonly #flags: Uint8Array;
  /** By frame; empty: there is one group. */
  readonly #group: Uint8Array;
  readonly #groups: LruGroups;
  /** Base pages by list. */
  readonly #pages: Float64Array;
  readonly #nrFrames: number;
  readonly #nrNodes: number;
  readonly #nidOf: (pfn: number) => number;
  readonly #largePages: number;

  /** `largePages`: base pages of a large folio. */
  constructor(nrFrames: number, nrNodes: number, nidOf: (pfn: number) => number, largePages: number, groups = ONE_GROUP) {
    const heads = groups.count * nrNodes * NR_LISTS;
    this.#groups = groups;
    this.#group = new Uint8Array(groups.count > 1 ? nrFrames : 0);
    this.#nrNodes = nrNodes;
    this.#next = new Uint32Array(nrFrames + heads);
    this.#prev = new Uint32Array(nrFrames + heads);
    this.#flags = new Uint8Array(nrFrames);
    this.#pages = new Float64Array(heads);
    this.#nrFrames = nrFrames;
    this.#nidOf = nidOf;
    this.#largePages = largePages;
    for (let head = nrFrames; head < nrFrames + heads; head++) {
      this.#next[head] = head;
      this.#prev[head] = head;
    }
  }

  /** A new folio goes to the front of an inactive list. */
  add(pfn: number, { file, large }: { file: boolean; large: boolean }): void {
    this.#flags[pfn] = (large ? LARGE : 0) | (file ? FILE : 0);
    if (this.#group.length > 0) this.#group[pfn] = this.#groups.of(pfn);
    this.#insert(pfn);
  }

  /** Take a folio off its list; false: it is on none. */
  remove(pfn: number): boolean {
    if (!this.has(pfn)) return false;
    const next = this.#next[pfn];
    const prev = this.#prev[pfn];
    this.#next[prev] = next;
    this.#prev[next] = prev;
    this.#pages[this.#listOf(pfn)] -= this.pagesOf(pfn);
    this.#flags[pfn] &= ~LISTED;
    return true;
  }

  /** Folio `from` has become folio `to`: at the front of the list of its kind on `to`'s node. */
  replace(from: number, to: number): void {
    if (!this.remove(from)) return;
    this.#flags[to] = this.#flags[from];
    if (this.#group.length > 0) this.#group[to] = this.#group[from];
    this.#insert(to);
  }

  has(pfn: number): boolean {
    return (this.#flags[pfn] & LISTED) !== 0;
  }

  /** Whether a folio is on an active list. @kernel folio_test_active */
  isActive(pfn: number): boolean {
    return (this.#flags[pfn] & (LISTED | ACTIVE)) === (LISTED | ACTIVE);
  }

  isFile(pfn: number): boolean {
    return (this.#flags[pfn] & FILE) !== 0;
  }

  pagesOf(pfn: number): number {
    return (this.#flags[pfn] & LARGE) === 0 ? 1 : this.#largePages;
  }

  /** To the front of the active or the inactive list. */
  move(pfn: number, to: 'active' | 'inactive'): void {
    if (!this.remove(pfn)) return;
    if (to === 'active') this.#flags[pfn] |= ACTIVE;
    else this.#flags[pfn] &= ~ACTIVE;
    this.#insert(pfn);
  }

  /** A folio of a file or not, from now on: to the front of the inactive list of its new kind, no longer referenced. */
  become(pfn: number, { file }: { file: boolean }): void {
    if (!this.remove(pfn)) return;
    this.#flags[pfn] = (this.#flags[pfn] & LARGE) | (file ? FILE : 0);
    this.#insert(pfn);
  }

  /** To the front of the list that it is on. */
  rotate(pfn: number): void {
    if (this.remove(pfn)) this.#insert(pfn);
  }

  /** @kernel folio_set_referenced */
  setReferenced(pfn: number): void {
    this.#flags[pfn] |= REFERENCED;
  }

  /** @kernel folio_test_clear_referenced */
  takeReferenced(pfn: number): boolean {
    const was = (this.#flags[pfn] & REFERENCED) !== 0;
    this.#flags[pfn] &= ~REFERENCED;
    return was;
  }

  /** The groups by their numbers. */
  get nrGroups(): number {
    return this.#groups.count;
  }

  /** The folio that has been longest on a list of node `nid`, -1: it is empty. */
  last(nid: number, list: LruList, group = 0): number {
    const prev = this.#prev[this.#nrFrames + this.#numberOf(group, nid, list)];
    return prev < this.#nrFrames ? prev : -1;
  }

  /** Base pages on a list of node `nid`. @kernel node_page_state NR_INACTIVE_ANON and so on */
  pages(nid: number, list: LruList): number {
    let pages = 0;
    for (let group = 0; group < this.#groups.count; group++) pages += this.pagesIn(group, nid, list);
    return pages;
  }

  /** Those of one group. @kernel lruvec_lru_size */
  pagesIn(group: number, nid: number, list: LruList): number {
    return this.#pages[this.#numberOf(group, nid, list)];
  }

  #listOf(pfn: number): number {
    const group = this.#group.length > 0 ? this.#group[pfn] : 0;
    return this.#numberOf(group, this.#nidOf(pfn), this.#flags[pfn] & LIST_MASK);
  }

  #numberOf(group: number, nid: number, list: number): number {
    return (group * this.#nrNodes + nid) * NR_LISTS + list;
  }

  #insert(pfn: number): void {
    const list = this.#listOf(pfn);
    const head = this.#nrFrames + list;
    const first = this.#next[head];
    this.#next[pfn] = first;
    this.#prev[pfn] = head;
    this.#prev[first] = pfn;
    this.#next[head] = pfn;
    this.#flags[pfn] |= LISTED;
    this.#pages[list] += this.pagesOf(pfn);
  }
}
