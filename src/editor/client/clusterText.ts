import { basename } from 'node:path';
import { t } from '../../base/texts';

export interface ClusterFacts {
  /** The client's wheel on this machine. */
  wheel: string;
  /** The `.xtrack` directory on this machine. */
  dir: string;
  /** The collector of that directory, if one responds. */
  address: { port: number; token: string } | null;
}

/** The commands to run on another machine that trains, as a shell script with comments. */
export function clusterText({ wheel, dir, address }: ClusterFacts): string {
  const file = basename(wheel);
  const port = address?.port ?? 'PORT';
  return `# ${t('XTrack client on another machine')}

# 1. ${t('Copy it there: a single file without dependencies, for Python 3.8 or newer.')}
scp ${quoted(wheel)} HOST:

# 2. ${t('On that machine, install it into the Python that you train with. No network access is needed.')}
python3 -m pip install --no-index --no-deps ./${file}
#    ${t('Or, if you cannot use pip there, add the file itself to PYTHONPATH:')}
export PYTHONPATH="$HOME/${file}\${PYTHONPATH:+:$PYTHONPATH}"

# 3a. ${t('If both machines can access this directory (a shared disk), name it by its path on that machine. Nothing else is needed.')}
export XTRACK_DIR=${quoted(dir)}

# 3b. ${t('If they cannot, let the script stream to this machine through a tunnel that you open here …')}
ssh -R ${port}:127.0.0.1:${port} HOST
#     ${t('… and point the script to it there. The token is a secret: anyone who has it can read and write these runs.')}
export XTRACK_TRANSPORT=tcp XTRACK_HOST=127.0.0.1 XTRACK_PORT=${port} XTRACK_TOKEN=${address?.token ?? 'TOKEN'}

# 4. ${t('Start the script there. While the connection is down, everything is kept there and sent later.')}
python3 -m xtrack run -- train.py

# ${t('If the run does not show up here, run this there:')}
python3 -m xtrack doctor
`;
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
