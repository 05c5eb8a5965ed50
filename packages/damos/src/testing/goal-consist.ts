/**
 * Measured on Linux 7.3-rc7: effective size of a quota, bytes, each time it changed. Scheme `stat` on everything, reset and apply interval
 * 100 ms, one goal user_input 10000, tuner consist. The same in each of three runs.
 */
export const EFFECTIVE_SIZES: readonly number[] = [
  2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576, 2_097_152,
  4_194_304, 8_388_608, 16_777_216, 33_554_432, 16_777_216, 8_388_608, 4_194_304, 2_097_152, 1_048_576, 524_288, 262_144, 131_072, 65_536,
  32_768, 16_384, 8_192, 4_096, 2_048, 1_024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 3, 4, 6, 10, 15, 22, 34, 51, 76, 115, 172, 259, 389, 583,
  875, 1_313, 1_970, 2_955, 4_433, 6_650, 9_975, 14_963, 22_445, 33_668, 50_502, 10_100, 2_020, 404, 80, 16, 3, 1, 2, 4, 8, 16, 32, 64, 128,
  256, 512, 1_024, 2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072, 262_144, 524_288, 1_048_576, 2_097_152, 4_194_304, 8_388_608,
  16_777_216, 18_454_937, 20_300_431, 22_330_474, 24_563_521, 27_019_874, 29_721_861, 32_694_047, 35_963_452, 39_559_797, 43_515_777,
  47_867_355, 52_654_090, 57_919_499, 63_711_449, 70_082_594, 77_090_854, 84_799_939, 93_279_933, 102_607_927, 112_868_719, 124_155_591,
  136_571_150, 150_228_266, 165_251_092, 181_776_201, 199_953_822, 219_949_204, 241_944_124, 266_138_537, 292_752_390, 322_027_630,
  354_230_393, 389_653_432, 428_618_775,
];

/** What the user measured, and when it was committed, seconds after monitoring began. */
export const COMMITS: readonly { readonly atS: number; readonly currentValue: number }[] = [
  { atS: 0, currentValue: 0 },
  { atS: 2.5, currentValue: 15_000 },
  { atS: 5, currentValue: 5_000 },
  { atS: 7.5, currentValue: 18_000 },
  { atS: 10.05, currentValue: 0 },
  { atS: 12.55, currentValue: 10_000 },
  { atS: 15.06, currentValue: 9_000 },
];

/**
 * When a commit was in force. Only 35 to 48 ms after its time fits all seven: between the two lie a program that writes the file, and a
 * kdamond that reads it.
 */
export const COMMIT_LATENCY_S = 0.042;

/** A sample of 5 ms lasted this long there, and the first window began this long before the program's time 0. */
export const SAMPLE_NS = 5_083_000;
export const STARTED_S = -0.0075;
export const APPLY_ROUNDS = 182;

/** What the scheme had done after the last round, by run: the runs monitored ranges of different sizes. */
export const RUNS = [
  { totalBytes: 514_678_784, szTried: 4_117_430_272, qtExceeds: 174, nrSnapshots: 8 },
  { totalBytes: 229_302_272, szTried: 3_668_836_352, qtExceeds: 166, nrSnapshots: 16 },
  { totalBytes: 739_794_944, szTried: 4_438_769_664, qtExceeds: 176, nrSnapshots: 6 },
];
