// Runs scenarios of every state machine, which evaluate each of its expressions at least once.
//
//     node check_expressions.mjs FOLDER_WITH_NODE_MODULES

import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { expressions, StepFunctions } from './step_functions.mjs';

const jsonata = createRequire(`${resolve(process.argv[2])}/`)('jsonata');

const TIME = '2026-11-22T10:00:00Z';
const ACCOUNT = '111122223333';
const DENIED = { error: 'AccessDenied', cause: 'no' };
const WITHOUT_CAUSE = { error: 'States.Timeout' };

const output = (step, result = null) => ({
  report: { step, status: 'SUCCEEDED', changed: true, detail: 'd', startedAt: TIME, durationMs: 1, readBackAt: null },
  result,
});
const creation = (state, known = {}) => ({ state, creationId: 'car-1', accountId: null, accountCreatedAt: null, ...known });
const CREATED = creation('SUCCEEDED', { accountId: ACCOUNT, accountCreatedAt: TIME });

/** The functions of a successful vend; `world` has the differences. */
function vend(world = {}) {
  const regions = world.regions ?? ['us-east-1'];
  const failures = structuredClone(world.failures ?? {});
  const checks = [...(world.checks ?? []), CREATED];
  const results = {
    ValidateRequest: () => ({
      request: RECORD.request, adopt: world.adopt ?? false, organizationalUnitId: 'ou-1',
      settings: { governedRegions: regions, disabledSteps: world.disabledSteps ?? [], trail: null, quotaIncreases: [] },
      assignments: world.assignments ?? [], pendingAccess: [], customizationStateMachineArn: world.customization ?? null,
    }),
    CreateAccount: () => (world.exists ? CREATED : creation('IN_PROGRESS')),
    CheckAccountCreation: () => checks.shift(),
    EnableRegions: () => ({ enabledRegions: regions }),
    BootstrapRole: () => ({ roleArn: 'arn:aws:iam::111122223333:role/account-vending/AccountVending' }),
    RunCustomization: () => ({ state: 'NONE' }),
    GrantAccess: () => ({ engineerRoleArn: world.engineerRole ?? null }),
    ConfigureGithubOidc: () => ({ githubRoleArns: world.githubRoles ?? [] }),
  };
  return (name) => {
    // A list has one failure for each of the first calls; a single failure is for all calls.
    const failure = Array.isArray(failures[name]) ? failures[name].shift() : failures[name];
    return failure ?? output(name, results[name]?.());
  };
}

const RECORD = {
  requestId: 'nsitwn5ke2shymhizrnj-1', requestedBy: 'arn:x', submittedBy: 'arn:x', requestedAt: TIME,
  request: { accountName: 'a', accountEmail: 'a@example.com', organizationalUnit: 'Workloads' },
};
const EXECUTION = { Id: 'x', Name: RECORD.requestId, StartTime: '2026-11-22T10:00:00.123Z', Input: RECORD };
const TWO_ROLES = { engineerRole: 'arn:e', githubRoles: ['r1', 'r2'] };
const EACH_FAILS = ['ValidateRequest', 'CreateAccount', 'CheckAccountCreation', 'MoveAccount', 'EnableRegions', 'BootstrapRole',
  'EnableConfig', 'RunCustomization', 'GrantAccess'];
const ALL_FAIL = ['EnableCloudtrail', 'EnableConfig', 'HardenAccount', 'HardenEc2', 'SetContacts', 'SetBudget'];

/** By state machine: the name of the scenario, the functions, the input, and the last state. */
const SCENARIOS = {
  'vend-account': [
    ['one Region, no optional fields', {}, RECORD, 'Vended'],
    ['all optional fields', { regions: ['a', 'b', 'c'], assignments: [{}], disabledSteps: ['X'], customization: 'arn:c', ...TWO_ROLES },
      { ...RECORD, accountId: null, adopt: false }, 'Vended'],
    ['one repository', { githubRoles: ['r1'] }, RECORD, 'Vended'],
    ['an account that exists', { exists: true }, { ...RECORD, accountId: ACCOUNT }, 'Vended'],
    ['an adoption', { exists: true, adopt: true }, { ...RECORD, accountId: ACCOUNT, adopt: true }, 'Vended'],
    ['a slow creation', { checks: Array(9).fill(creation('IN_PROGRESS')) }, RECORD, 'Vended'],
    ['a creation that is retried', { checks: [creation('TRY_AGAIN')] }, RECORD, 'Vended'],
    ['throttled twice', { failures: { CreateAccount: Array(2).fill({ error: 'Throttled', cause: '' }) } }, RECORD, 'Vended'],
    ...EACH_FAILS.map((step) => [`${step} fails`, { failures: { [step]: DENIED } }, RECORD, 'NotVended']),
    ['two failures of the baseline', { failures: { EnableConfig: DENIED, SetBudget: DENIED } }, RECORD, 'NotVended'],
    ['many failures of the baseline', { failures: Object.fromEntries(ALL_FAIL.map((name) => [name, DENIED])) }, RECORD, 'NotVended'],
    ['two failures of access', { failures: { GrantAccess: DENIED, ConfigureGithubOidc: DENIED } }, RECORD, 'NotVended'],
    ['an error without a cause', { failures: { MoveAccount: WITHOUT_CAUSE } }, RECORD, 'NotVended'],
    ['an error without a cause in a Map', { failures: { EnableConfig: WITHOUT_CAUSE } }, RECORD, 'NotVended'],
    ['a failed report', { failures: { ReportOutcome: DENIED } }, RECORD, 'Vended'],
  ],
  'build-organization': [
    ['a plan', {}, { mode: 'PLAN', planId: 'p' }, 'Built'],
    ...['CreateOrganization', 'EnablePolicyTypes', 'ApplyPolicies', 'CreatePermissionSets'].map((step) =>
      [`${step} fails`, { failures: { [step]: WITHOUT_CAUSE } }, { mode: 'APPLY', planId: 'p' }, 'NotBuilt']),
    ['two branches fail', { failures: { CreateUnits: DENIED, DetectCostAnomalies: DENIED } }, { mode: 'APPLY', planId: 'p' }, 'NotBuilt'],
  ],
  'cfn-response-timeout': [
    ['a response', {}, { respondBy: TIME, accountKey: 'k', responseId: 'a' }, 'CfnResponseTimeout'],
    ['no response', { failures: { CfnResponseTimeout: WITHOUT_CAUSE } }, { respondBy: TIME, accountKey: 'k', responseId: 'a' }, 'NotResponded'],
  ],
};

/** Lists must stay lists: JSONata turns a list with one entry into the entry, and an empty list into nothing. */
function problemsOfPayload(name, payload) {
  const input = payload.input ?? {};
  const lists = [
    'assignments', 'pendingAccess', 'enabledRegions', 'githubRoleArns', 'governedRegions', 'steps', 'disabledSteps', 'quotaIncreases',
  ];
  const values = { ...input.settings, ...input };
  const wrong = lists.filter((list) => list in values && !Array.isArray(values[list]));
  const problems = wrong.map((list) => `${name} gets ${list} as ${JSON.stringify(values[list])}`);
  const reports = Array.isArray(input.steps) ? input.steps : [];
  const unread = reports.filter((one) => !one.step || 'result' in one);
  return [...problems, ...unread.map((one) => `${name} gets the report ${JSON.stringify(one)}`)];
}

async function problemsOfScenario(machine, [what, world, input, end], evaluated) {
  const problems = [];
  const functions = vend(world);
  const platform = new StepFunctions(jsonata, EXECUTION, (name, payload) => {
    problems.push(...problemsOfPayload(name, payload));
    return functions(name);
  });
  try {
    const ended = await platform.run(machine, input);
    if (ended.end !== end) problems.push(`ends at ${ended.end}, not ${end}`);
  } catch (error) {
    problems.push(`ends with an uncaught error: ${error.message}`);
  }
  platform.evaluated.forEach((expression) => evaluated.add(expression));
  return [...problems, ...platform.queryErrors].map((problem) => `${what}: ${problem}`);
}

async function problemsOfMachine(file) {
  const name = file.replace('.asl.json', '');
  const machine = JSON.parse(readFileSync(`statemachine/${file}`, 'utf8'));
  const [problems, evaluated] = [[], new Set()];
  for (const scenario of SCENARIOS[name] ?? []) {
    problems.push(...await problemsOfScenario(machine, scenario, evaluated));
  }
  const never = new Set(expressions(machine).filter((expression) => !evaluated.has(expression)));
  problems.push(...[...never].map((expression) => `no scenario evaluates ${expression}`));
  return problems.map((problem) => `${name}: ${problem}`);
}

const files = readdirSync('statemachine').filter((file) => file.endsWith('.asl.json'));
const problems = (await Promise.all(files.map(problemsOfMachine))).flat();
problems.forEach((problem) => console.log(problem));
process.exitCode = problems.length > 0 ? 1 : 0;
