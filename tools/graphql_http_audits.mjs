// Runs the server audits of the npm package graphql-http: node graphql_http_audits.mjs URL. One line of JSON a finding.
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const result = await audit.fn();
  console.log(JSON.stringify({ name: result.name, status: result.status, reason: result.reason ?? '' }));
}
