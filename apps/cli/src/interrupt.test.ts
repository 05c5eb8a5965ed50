import { afterEach, describe, expect, it, vi } from 'vitest';
import { interruptible } from './interrupt.js';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('Ctrl-C', () => {
  it('asks to stop once, ends the process the second time, and is no concern of ours afterwards', async () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('exit');
    });
    const listeners = process.listenerCount('SIGINT');
    const result = await interruptible(async (signal) => {
      expect(signal.aborted).toBe(false);
      process.emit('SIGINT');
      expect(signal.aborted).toBe(true);
      expect(exit).not.toHaveBeenCalled();
      expect(() => process.emit('SIGINT')).toThrow('exit');
      return 'stopped';
    });
    expect(result).toBe('stopped');
    expect(exit).toHaveBeenCalledWith(130);
    expect(said).toHaveBeenCalledTimes(1);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });
});
