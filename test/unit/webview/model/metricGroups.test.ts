import { describe, expect, it } from 'vitest';
import { compileSearch, MetricGroups, sectionOf } from '../../../../webview/model/metricGroups';

const all = (): boolean => true;

describe('sections of metrics', () => {
  it('go by prefix, training first, system last', () => {
    const groups = new MetricGroups();
    groups.add(['system/cpu', 'lr', 'val/loss', 'train/loss', 'train/acc', 'a/b/c']);
    expect(groups.list(all, [])).toEqual([
      { name: 'train', ids: ['train/acc', 'train/loss'] },
      { name: 'val', ids: ['val/loss'] },
      { name: 'metrics', ids: ['lr'] },
      { name: 'a', ids: ['a/b/c'] },
      { name: 'system', ids: ['system/cpu'] },
    ]);
    expect(sectionOf('/odd')).toBe('metrics');
  });

  it('list a key once, however many runs have it', () => {
    const groups = new MetricGroups();
    groups.add(['loss', 'loss']);
    groups.add(['loss']);
    expect(groups.list(all, [])).toEqual([{ name: 'metrics', ids: ['loss'] }]);
  });

  it('keep their order when metrics come later', () => {
    const groups = new MetricGroups();
    groups.add(['val/loss', 'system/cpu']);
    groups.add(['train/loss', 'val/acc']);
    expect(groups.list(all, []).map((section) => section.name)).toEqual(['val', 'train', 'system']);
    expect(groups.list(all, [])[0]!.ids).toEqual(['val/loss', 'val/acc']);
  });

  it('show pinned metrics at the top and nowhere else', () => {
    const groups = new MetricGroups();
    groups.add(['train/loss', 'train/acc']);
    expect(groups.list(all, ['train/loss', 'gone'])).toEqual([
      { name: 'pinned', ids: ['train/loss'] },
      { name: 'train', ids: ['train/acc'] },
    ]);
  });

  it("put the user's own charts before all others, pinned or not", () => {
    const groups = new MetricGroups();
    groups.add(['loss']);
    const own = [
      { id: '\u00001', title: 'a - b' },
      { id: '\u00002', title: 'c' },
    ];
    expect(groups.list(all, ['\u00002'], own)).toEqual([
      { name: 'pinned', ids: ['\u00002'] },
      { name: '\u0000custom', ids: ['\u00001'] },
      { name: 'metrics', ids: ['loss'] },
    ]);
    expect(groups.list((name) => name === 'a - b', [], own)).toEqual([{ name: '\u0000custom', ids: ['\u00001'] }]);
  });

  it('sort numbered metrics by number', () => {
    const groups = new MetricGroups();
    groups.add(['layer/10', 'layer/2']);
    expect(groups.list(all, [])[0]!.ids).toEqual(['layer/2', 'layer/10']);
  });
});

describe('search', () => {
  it('matches a regular expression, ignoring case', () => {
    const search = compileSearch('^TRAIN/(loss|acc)$');
    expect(search.ok && ['train/loss', 'train/lr', 'val/loss'].filter(search.matches)).toEqual(['train/loss']);
  });

  it('reports what is wrong with an invalid expression', () => {
    const search = compileSearch('loss(');
    expect(search).toEqual({ ok: false, message: 'Invalid regular expression: Unterminated group' });
  });
});
