import { basename } from 'node:path';
import { t } from '../../base/texts';

export interface ClusterFacts {
  /** The client's wheel on this machine. */
  wheel: string;
  /** The `.xtrack` directory on this machine. */
  dir: string;
  /** The collector of that directory, where one answers. */
  address: { port: number; token: string } | null;
}

/** What to type where a script trains on another machine, as a shell script with its explanations. */
export function clusterText({ wheel, dir, address }: ClusterFacts): string {
  const file = basename(wheel);
  const port = address?.port ?? 'PORT';
  return `# ${t("XTrack's client on another machine")}

# 1. ${t('Take it there: one file, without dependencies, for every Python from 3.8 on.')}
scp ${quoted(wheel)} HOST:

# 2. ${t('On that machine, put it into the Python that trains. It needs no network.')}
python3 -m pip install --no-index --no-deps ./${file}
#    ${t("Or, without pip or the right to install anything, put the file itself on Python's path:")}
export PYTHONPATH="$HOME/${file}\${PYTHONPATH:+:$PYTHONPATH}"

# 3a. ${t('Both machines see this directory (a shared disk): name it as that machine sees it. Nothing else is needed.')}
export XTRACK_DIR=${quoted(dir)}

# 3b. ${t('They do not: let the script stream to this machine, through a tunnel that is opened here …')}
ssh -R ${port}:127.0.0.1:${port} HOST
#     ${t('… and tell the script so there. The token is a secret: whoever has it can read and write these runs.')}
export XTRACK_TRANSPORT=tcp XTRACK_HOST=127.0.0.1 XTRACK_PORT=${port} XTRACK_TOKEN=${address?.token ?? 'TOKEN'}

# 4. ${t('Start the script there. While the connection is down, a copy of everything is kept there and sent later.')}
python3 -m xtrack run -- train.py

# ${t('Does it not show here? Ask there:')}
python3 -m xtrack doctor
`;
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
