import { describe, expect, it } from 'vitest';
import { SILENT_AFTER_MS, SILENT_AFTER_MS_FAR, SignsOfLife } from '../../../../src/collector/projection/signsOfLife';

function atTime(silentAfter = SILENT_AFTER_MS) {
  let time = 1000;
  const signs = new SignsOfLife(() => time, 1000, silentAfter);
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 1000) {
      time += Math.min(left, 1000);
      signs.tick();
    }
  };
  return { signs, pass, sleep: (ms: number) => void (time += ms) };
}

describe('signs of life', () => {
  it.each([
    ['thirty seconds', SILENT_AFTER_MS],
    ['ninety on a network disk', SILENT_AFTER_MS_FAR],
  ])('last for %s', (_how, silentAfter) => {
    const { signs, pass } = atTime(silentAfter);
    signs.add('a', 0);
    pass(silentAfter);
    expect(signs.isSilent('a')).toBe(false);
    pass(1);
    expect(signs.isSilent('a')).toBe(true);
    signs.hear('a');
    expect(signs.isSilent('a')).toBe(false);
  });

  it('count from the last write of a journal that is found for the first time', () => {
    const { signs } = atTime();
    signs.add('old', SILENT_AFTER_MS + 1);
    signs.add('ahead', -5000);
    expect(signs.isSilent('old')).toBe(true);
    expect(signs.isSilent('ahead')).toBe(false);
  });

  it('are renewed for all writers after the collector was suspended', () => {
    const { signs, sleep } = atTime();
    signs.add('a', 0);
    sleep(3_600_000);
    expect(signs.tick()).toBe(true);
    expect(signs.isSilent('a')).toBe(false);
    expect(signs.tick()).toBe(false);
  });
});
