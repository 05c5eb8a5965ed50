export type { CpuConfig, TlbConfig } from './config.js';
