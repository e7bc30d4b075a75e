/** The checkpoints of a run, each with a button to resume from it, and its artifacts. */
import { t } from '../../src/base/texts';
import type { PanelAction, PanelRun } from '../../src/protocol/panel';
import type { Artifact, Checkpoint, RunDetail } from '../../src/protocol/rows';
import { code, el, filled, icon, iconButton } from '../shared/dom';
import { formatAgo, formatBytes, formatCount, formatNumber, formatTime, toNumber } from '../../src/domain/format';
import { statusActions } from '../shared/status';

type Act = (action: PanelAction) => void;

export function artifacts(run: PanelRun, detail: RunDetail | undefined, act: Act): HTMLElement[] {
  if (detail === undefined) return [el('p', { class: 'muted' }, t('Loading…'))];
  return [
    el('h2', {}, t('Checkpoints ({0})', detail.checkpoints.length)),
    checkpointTable(run, detail.checkpoints, act),
    el('h2', {}, t('Artifacts ({0})', detail.artifacts.length)),
    artifactTable(run, detail.artifacts, act),
  ];
}

function checkpointTable(run: PanelRun, checkpoints: Checkpoint[], act: Act): HTMLElement {
  if (checkpoints.length === 0) {
    return el(
      'p',
      { class: 'muted' },
      ...filled(
        t('No checkpoints yet. Log one with {0} to be able to resume from it.'),
        code('run.log_checkpoint(path, step)'),
      ),
    );
  }
  const canResume = statusActions(run.row).resume;
  const now = Date.now();
  // Scripts mark each checkpoint that was the best so far, so the latest of those is the best.
  const best = checkpoints.findLast((checkpoint) => checkpoint.is_best);
  const lines = [...checkpoints].reverse().map((checkpoint) => {
    const metrics = Object.entries(checkpoint.metrics).map(([key, value]) => `${key} ${formatNumber(toNumber(value))}`);
    const gone = checkpoint.exists === false;
    const resume = iconButton('debug-restart', t('Resume from {0}', checkpoint.path), () =>
      act({ do: 'resumeFrom', run_id: run.row.run_id, checkpoint: checkpoint.id }),
    );
    resume.disabled = !canResume || gone;
    return el(
      'tr',
      { class: gone ? 'gone' : undefined },
      el(
        'td',
        {},
        checkpoint === best && icon('star-full'),
        checkpoint === best && el('span', { class: 'sr-only' }, t('best')),
      ),
      el('td', { class: 'number' }, position(checkpoint)),
      nameCell(run, checkpoint, fileName(checkpoint.path), act),
      el('td', { class: 'number' }, metrics.join(' · ')),
      el('td', { class: 'muted', title: formatTime(checkpoint.at) }, formatAgo(checkpoint.at, now)),
      el('td', { class: 'row-actions' }, resume, ...fileButtons(run, checkpoint, act)),
    );
  });
  return el('table', { class: 'rows files' }, el('tbody', {}, ...lines));
}

function fileName(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== '') ?? path;
}

function position(checkpoint: Checkpoint): string {
  if (checkpoint.step !== null) return t('step {0}', formatCount(checkpoint.step));
  return checkpoint.epoch === null ? '' : t('epoch {0}', formatCount(checkpoint.epoch));
}

function artifactTable(run: PanelRun, files: Artifact[], act: Act): HTMLElement {
  if (files.length === 0) {
    return el(
      'p',
      { class: 'muted' },
      ...filled(t('No artifacts yet. Log one with {0}.'), code('run.log_artifact(path, "model")')),
    );
  }
  const lines = files.map((file) =>
    el(
      'tr',
      { class: file.exists === false ? 'gone' : undefined },
      nameCell(run, file, file.name, act),
      el('td', { class: 'muted' }, file.type),
      el('td', { class: 'number' }, file.size === null ? '' : formatBytes(file.size)),
      el(
        'td',
        { class: 'muted', title: file.sha256 ?? undefined },
        file.sha256 === null ? '' : code(`sha256 ${file.sha256.slice(0, 12)}`),
      ),
      el('td', { class: 'row-actions' }, ...fileButtons(run, file, act)),
    ),
  );
  return el('table', { class: 'rows files' }, el('tbody', {}, ...lines));
}

type LoggedFile = Pick<Artifact, 'path' | 'file' | 'exists'>;

/** The editor opens it by its type: an image as an image. */
function nameCell(run: PanelRun, logged: LoggedFile, name: string, act: Act): HTMLElement {
  const attributes = { class: 'path', title: logged.path };
  if (logged.exists === false) return el('td', attributes, t('{0} (file not found)', name));
  const link = el('button', { class: 'link', type: 'button' }, name);
  link.addEventListener('click', () => act({ do: 'open', run_id: run.row.run_id, file: whereOf(logged) }));
  return el('td', attributes, link);
}

function fileButtons(run: PanelRun, logged: LoggedFile, act: Act): HTMLElement[] {
  const file = whereOf(logged);
  const reveal = iconButton('folder-opened', t('Reveal {0}', logged.path), () =>
    act({ do: 'reveal', run_id: run.row.run_id, file }),
  );
  reveal.disabled = logged.exists === false;
  return [reveal, iconButton('copy', t('Copy Path of {0}', logged.path), () => act({ do: 'copy', text: file }))];
}

/** The current path. Where it is not known yet, the host looks below the run's working directory. */
function whereOf({ path, file }: LoggedFile): string {
  return file ?? path;
}
