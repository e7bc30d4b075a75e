import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    alerts: {
      type: 'array',
      default: [],
      scope: 'window',
      order: 8,
      markdownDescription:
        "When to tell of a run: once an attempt, by a notification, a line in the run's log, and the webhook where there is one. A rule is a condition, or an object with more about it. Conditions: `nan` (a metric is NaN or infinite), `stalled` (no metric, progress or checkpoint for 10 minutes), `gpu idle` (all GPUs of the run below 5 % for 10 minutes), or a filter as in the run explorer, in which a metric needs no more than its name: `val_loss.last > 10`, `loss.min > 2 and duration > 3600`, `status = failed and experiment = nightly`.",
      items: {
        anyOf: [
          {
            type: 'string',
            minLength: 1,
            examples: ['nan', 'stalled', 'gpu idle', 'val_loss.last > 10', 'status = failed'],
          },
          {
            type: 'object',
            required: ['when'],
            additionalProperties: false,
            defaultSnippets: [
              { label: 'Stop a run that diverges', body: { when: '${1:val_loss.last > 10}', stop: true } },
              { label: 'No progress', body: { when: 'stalled', forMinutes: '^${1:10}' } },
            ],
            properties: {
              when: {
                anyOf: [
                  {
                    enum: ['nan', 'stalled', 'gpu idle'],
                    enumDescriptions: [
                      'A metric is NaN or infinite.',
                      'No metric, progress or checkpoint for a while; a run that is paused is not stalled.',
                      'All GPUs that the run may use are below 5 % for a while.',
                    ],
                  },
                  { type: 'string', minLength: 1 },
                ],
                markdownDescription: '`nan`, `stalled`, `gpu idle`, or a filter such as `val_loss.last > 10`.',
              },
              forMinutes: {
                type: 'number',
                minimum: 0,
                markdownDescription:
                  'For how long it has to hold without a break. Default: 10 for `stalled` and `gpu idle`, else 0.',
              },
              stop: { type: 'boolean', default: false, description: 'Stop the run as well.' },
              level: { enum: ['info', 'warning', 'error'], default: 'warning', description: 'How it is shown.' },
              name: { type: 'string', description: 'What it is called in notifications; by default, its condition.' },
            },
          },
        ],
      },
      trustedOnly: true,
    },
    'webhook.url': {
      type: 'string',
      default: '',
      scope: 'machine',
      order: 9,
      markdownDescription:
        'Where alerts are sent as well: an `http` or `https` address that takes a POST of JSON, `{text, alert, run, host}`. It is tried again for a quarter of an hour. Only your own settings count, never those of a workspace, and nothing is sent from a workspace that is not trusted.',
      trustedOnly: true,
    },
    'webhook.secret': {
      type: 'string',
      default: '',
      scope: 'machine',
      order: 10,
      markdownDescription:
        'With it each message is signed: `X-XTrack-Signature: sha256=…` is the HMAC of `<X-XTrack-Timestamp>.<body>`. `${env:NAME}` is replaced.',
      trustedOnly: true,
    },
  },
} as const satisfies Contribution;
