// The clock of a Node process is off by what the file XTRACK_TEST_CLOCK says, in seconds; its host's name may be another.
const { readFileSync } = require('node:fs');
const os = require('node:os');

const file = process.env.XTRACK_TEST_CLOCK;
const now = Date.now;
if (file) Date.now = () => now() + Number(readFileSync(file, 'utf8')) * 1000;

const host = process.env.XTRACK_TEST_HOST;
if (host) os.hostname = () => host;
