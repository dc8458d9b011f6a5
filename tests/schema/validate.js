// SPDX-License-Identifier: MIT
// validate.js SCHEMA: reads paths of YAML files, one a line, from stdin, and writes for each one line of JSON:
// {"path", "valid", "errors", "data"}, or {"path", "unreadable"} where the YAML itself is broken. The reader is
// npm's `yaml`, the one that editors use, the validator npm's `ajv`; neither knows anything of Weir.
'use strict';

const fs = require('fs');
const readline = require('readline');
const Ajv2020 = require('ajv/dist/2020');
const YAML = require('yaml');

const schema = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const ajv = new Ajv2020({ allErrors: false, strict: true, strictRequired: false, allowUnionTypes: true });
if (!ajv.validateSchema(schema)) {
  console.error('the schema is none: ' + ajv.errorsText(ajv.errors));
  process.exit(1);
}
const validate = ajv.compile(schema);

function answer(path) {
  let data;
  try {
    data = YAML.parse(fs.readFileSync(path, 'utf8'), { merge: true, version: '1.2', maxAliasCount: 10000 });
  } catch (error) {
    return { path, unreadable: String(error.message).split('\n')[0] };
  }
  const valid = validate(data);
  const errors = valid ? [] : validate.errors.map((e) => `${e.instancePath || '/'}: ${e.message}`);
  try {
    return JSON.parse(JSON.stringify({ path, valid, errors, data }));
  } catch (error) {
    return { path, valid, errors }; // a value that contains itself
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => console.log(JSON.stringify(answer(line))));
