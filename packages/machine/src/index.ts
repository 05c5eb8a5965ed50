export type { KdamondCost, MachineConfig, MonitorConfig, ProcessConfig } from './config.js';
