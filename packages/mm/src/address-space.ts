import { type AddrRange, alignDown, alignUp, assert, PAGE_BYTES, PMD_BYTES, type Prng, PTES_PER_PMD } from '@damonlab/base';

/** What a region asks of the layout. Structurally what a workload's region is; this package knows no workloads. */
export interface RegionRequest {
  readonly name: string;
  readonly role: 'data' | 'text' | 'heap' | 'stack' | 'thread_stack' | 'vdso';
  readonly bytes: number;
  readonly headerBytes: number;
  /** Address that it must lie at. */
  readonly at?: number;
  /** Not one VMA with a neighbour of its kind. */
  readonly ownVma?: boolean;
}

/** A mapping with one contiguous run of page-table entries. */
export interface Vma extends AddrRange {
  /** `page_cache`: no mapping of a process (`page-cache.ts`). */
  readonly role: RegionRequest['role'] | 'page_cache';
  /** Index of the entry of the first page. Congruent to its page number modulo 512, so that 2 MiB windows stay aligned. */
  readonly firstPte: number;
}

/** Where a region came to lie. */
export interface PlacedRegion extends AddrRange {
  readonly name: string;
  readonly role: RegionRequest['role'];
  /** Entry of the region's first page. */
  readonly firstPte: number;
  readonly headerBytes: number;
}

/** The address space of one process: VMAs in address order, regions in the order they were asked for. */
export interface AddressSpace {
  readonly id: number;
  readonly vmas: readonly Vma[];
  readonly regions: readonly PlacedRegion[];
  /** Half-open range of page-table entries that this address space owns. */
  readonly firstPte: number;
  readonly endPte: number;
}

const TEXT_START = 0x40_0000;
const TASK_SIZE = 0x7fff_ffff_f000;
const BRK_RANDOM_BYTES = 1024 ** 3;
const STACK_RANDOM_BYTES = 16 * 1024 ** 3;
const STACK_RLIMIT_BYTES = 8 * 1024 ** 2;
const MMAP_RANDOM_BYTES = 1024 ** 4;

/**
 * Lay out a static x86-64 Linux process: text at 4 MiB, the heap up to 1 GiB behind it, the mmap area growing down from
 * a random base (vvar/vdso on top, then the data, first region highest and back to back in one VMA unless a region wants its own, of
 * which the first lies lowest; then the stacks of threads, a guard page between them), the stack above a wide gap.
 * The random gap between text and heap matters: DAMON's three ranges contain it. Regions that know their addresses lie there instead.
 *
 * @kernel arch/x86 arch_randomize_brk, mmap_base, randomize_stack_top (7.3, 6.12: ranges only)
 */
export function buildAddressSpace(id: number, requests: readonly RegionRequest[], firstPte: number, rng: Prng): AddressSpace {
  const placed = new Map<RegionRequest, AddrRange>();
  const put = (request: RegionRequest, start: number): number => {
    placed.set(request, { start, end: start + mappedBytes(request) });
    return start + mappedBytes(request);
  };
  if (requests.length > 0 && requests.every((request) => request.at !== undefined)) {
    for (const request of requests) put(request, request.at ?? 0);
    return withEntries(id, requests, placed, firstPte);
  }
  const of = (role: RegionRequest['role']) => requests.filter((r) => r.role === role);

  let textEnd = TEXT_START;
  for (const request of of('text')) textEnd = put(request, textEnd);
  let heapEnd = textEnd + alignDown(rng.below(BRK_RANDOM_BYTES), PAGE_BYTES);
  for (const request of of('heap')) heapEnd = put(request, heapEnd);

  const stackTop = TASK_SIZE - alignDown(rng.below(STACK_RANDOM_BYTES), PAGE_BYTES);
  let stackStart = stackTop;
  for (const request of of('stack')) stackStart -= mappedBytes(request);
  for (const [i, request] of of('stack').entries()) put(request, i === 0 ? stackStart : endOf(placed, of('stack')[i - 1]));

  const mmapTop = TASK_SIZE - STACK_RLIMIT_BYTES - STACK_RANDOM_BYTES - alignDown(rng.below(MMAP_RANDOM_BYTES), PAGE_BYTES);
  const [shared, own] = [of('data').filter((r) => r.ownVma !== true), of('data').filter((r) => r.ownVma === true)];
  placeDownwards(mmapTop, [...of('vdso'), ...shared, ...own.reverse(), ...of('thread_stack')], put);
  return withEntries(id, requests, placed, firstPte);
}

/** Bytes of the mapping of a region: header and data in whole pages. */
export function mappedBytes(request: RegionRequest): number {
  return alignUp(request.bytes + request.headerBytes, PAGE_BYTES);
}

/** The VMA that entry `pte` belongs to. Only for entries of `space`. */
export function vmaOfEntry(space: AddressSpace, pte: number): Vma {
  const { vmas } = space;
  let at = vmas.length - 1;
  while (at > 0 && vmas[at].firstPte > pte) at--;
  const vma = vmas[at];
  if (vma !== undefined && pte >= vma.firstPte && pteAddr(vma, pte) < vma.end) return vma;
  throw new Error(`invariant broken: entry ${pte} belongs to no VMA`);
}

/** Byte address of the page of entry `pte` of `vma`. */
export function pteAddr(vma: Vma, pte: number): number {
  return vma.start + (pte - vma.firstPte) * PAGE_BYTES;
}

/** The same where only the address space is known. */
export function pteToAddr(space: AddressSpace, pte: number): number {
  return pteAddr(vmaOfEntry(space, pte), pte);
}

/** The VMA that contains `addr`, undefined in a gap. @kernel find_vma */
export function vmaAt(space: AddressSpace, addr: number): Vma | undefined {
  let low = 0;
  let high = space.vmas.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (space.vmas[middle].end <= addr) low = middle + 1;
    else high = middle;
  }
  const vma = space.vmas[low];
  return vma !== undefined && vma.start <= addr ? vma : undefined;
}

/** Mappings of whole 2 MiB are aligned to 2 MiB, as the kernel does for anonymous memory. @kernel thp_get_unmapped_area */
function placeDownwards(top: number, requests: readonly RegionRequest[], put: (r: RegionRequest, start: number) => number): void {
  let at = top;
  for (const request of requests) {
    const bytes = mappedBytes(request);
    at -= bytes;
    if (request.role === 'data' && bytes % PMD_BYTES === 0) at = alignDown(at, PMD_BYTES);
    put(request, at);
    if (request.role === 'thread_stack') at -= PAGE_BYTES;
  }
}

function endOf(placed: ReadonlyMap<RegionRequest, AddrRange>, request: RegionRequest): number {
  const range = placed.get(request);
  assert(range !== undefined, `region ${request.name} was not placed`);
  return range.end;
}

function withEntries(
  id: number,
  requests: readonly RegionRequest[],
  placed: ReadonlyMap<RegionRequest, AddrRange>,
  firstPte: number,
): AddressSpace {
  const merged = mergeIntoVmas(requests, placed);
  const vmas: Vma[] = [];
  let next = firstPte;
  for (const range of merged) {
    const page = range.start / PAGE_BYTES;
    next = alignUp(next, PTES_PER_PMD) + (page % PTES_PER_PMD);
    const { start, end, role } = range;
    vmas.push({ start, end, role, firstPte: next });
    next += (range.end - range.start) / PAGE_BYTES;
  }
  const regions = requests.map((request) => {
    const range = placed.get(request);
    assert(range !== undefined, `region ${request.name} was not placed`);
    const vma = vmas.find((v) => range.start >= v.start && range.end <= v.end);
    assert(vma !== undefined, `region ${request.name} lies in no VMA`);
    const pte = vma.firstPte + (range.start - vma.start) / PAGE_BYTES;
    return { name: request.name, role: request.role, start: range.start, end: range.end, firstPte: pte, headerBytes: request.headerBytes };
  });
  return { id, vmas, regions, firstPte, endPte: alignUp(next, PTES_PER_PMD) };
}

/** Neighbouring mappings of the same kind are one VMA. @kernel vma_merge */
function mergeIntoVmas(requests: readonly RegionRequest[], placed: ReadonlyMap<RegionRequest, AddrRange>) {
  const ranges = requests.map((request) => {
    return { ...(placed.get(request) ?? { start: 0, end: 0 }), role: request.role, ownVma: request.ownVma === true };
  });
  ranges.sort((a, b) => a.start - b.start);
  const merged: typeof ranges = [];
  for (const range of ranges) {
    const last = merged[merged.length - 1];
    const alike = last !== undefined && last.end === range.start && last.role === range.role;
    if (alike && !last.ownVma && !range.ownVma) last.end = range.end;
    else merged.push(range);
  }
  return merged;
}
