import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    alerts: {
      type: 'array',
      default: [],
      scope: 'window',
      order: 8,
      markdownDescription:
        "Rules that raise an alert for a run, once per attempt: a notification, a line in the run's log, and a webhook call if one is configured. A rule is a condition, or an object with a condition and options. Conditions: `nan` (a metric is NaN or infinite), `stalled` (no metric, progress or checkpoint for 10 minutes), `gpu idle` (all GPUs of the run below 5 % for 10 minutes), or a filter as in the Runs view, where metrics can be referred to by name alone: `val_loss.last > 10`, `loss.min > 2 and duration > 3600`, `status = failed and experiment = nightly`.",
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
              { label: 'Run makes no progress', body: { when: 'stalled', forMinutes: '^${1:10}' } },
            ],
            properties: {
              when: {
                anyOf: [
                  {
                    enum: ['nan', 'stalled', 'gpu idle'],
                    enumDescriptions: [
                      'A metric is NaN or infinite.',
                      'No metric, progress or checkpoint for a while. Paused runs do not count as stalled.',
                      'All GPUs available to the run are below 5 % for a while.',
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
                  'Number of minutes the condition must hold without interruption. Defaults to 10 for `stalled` and `gpu idle`, otherwise 0.',
              },
              stop: { type: 'boolean', default: false, description: 'Also stop the run.' },
              level: {
                enum: ['info', 'warning', 'error'],
                default: 'warning',
                description: 'Severity of the notification.',
              },
              name: { type: 'string', description: 'Name shown in notifications. Defaults to the condition.' },
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
        'An `http` or `https` URL to send alerts to, as a POST request with the JSON body `{text, alert, run, host}`. Failed requests are retried for 15 minutes. Can only be set in user settings, and nothing is sent from untrusted workspaces.',
      trustedOnly: true,
    },
    'webhook.secret': {
      type: 'string',
      default: '',
      scope: 'machine',
      order: 10,
      markdownDescription:
        'Secret to sign webhook requests with: the header `X-XTrack-Signature: sha256=…` is the HMAC of `<X-XTrack-Timestamp>.<body>`. `${env:NAME}` is substituted.',
      trustedOnly: true,
    },
  },
} as const satisfies Contribution;
