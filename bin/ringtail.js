#!/usr/bin/env node
import('../dist/lib/cli.js').then(
  ({ main }) => main(process.argv),
  (error) => {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error(`ringtail: ${error.message}\nBuild it first: npm ci`);
    process.exitCode = 1;
  },
);
