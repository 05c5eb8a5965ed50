export { COMMANDS, type ControlRequest, type SweepPoint } from '@damonlab/dashboard';
export { htmlReport } from './html-report.js';
export type { ControlPort, SweepPort } from './ports.js';
export { PortTaken, type RunningServer, type ServerOptions, startServer } from './server.js';
