export { type OpsWork, VaddrOperations, type VaddrTarget } from './vaddr.js';
