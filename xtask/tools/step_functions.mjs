// The part of Step Functions that the state machines of this project use, with the reference implementation of JSONata.
//
// As on AWS, an expression without a value, or with a value of the wrong type, is States.QueryEvaluationError; a variable
// that was not assigned has no value; $states.result and $states.errorOutput exist only where AWS has them.
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html

const MAX_STATES = 200;
const QUERY_ERROR = 'States.QueryEvaluationError';

/** An error of a state, with the name that `Catch` matches. */
class StateError extends Error {
  constructor(error, cause) {
    super(`${error}: ${cause}`);
    this.output = cause === undefined ? { Error: error } : { Error: error, Cause: cause };
  }
}

export class StepFunctions {
  /** `invoke(function, payload)` returns a function's result, or `{ error, cause }`. */
  constructor(jsonata, execution, invoke) {
    Object.assign(this, { jsonata, execution, invoke });
    this.evaluated = new Set();
    this.queryErrors = [];
  }

  /** Runs an execution. Returns its last state, and its error if it failed. */
  run(machine, input) {
    return this.runStates(machine, input, {}, { Execution: this.execution });
  }

  async runStates(machine, input, variables, context) {
    let name = machine.StartAt;
    let data = input;
    for (let visited = 0; visited < MAX_STATES; visited += 1) {
      const state = machine.States[name];
      const scope = { variables, states: { input: data, context: { ...context, State: { Name: name, RetryCount: 0 } } } };
      try {
        const { output, next, failure } = await this[`run${state.Type}`](state, scope);
        if (failure || state.End || state.Type === 'Succeed') {
          return { end: name, output, ...failure };
        }
        [data, name] = [output, next ?? state.Next];
      } catch (error) {
        if (!(error instanceof StateError)) throw error;
        if (error.output.Error === QUERY_ERROR) this.queryErrors.push(`${name}: ${error.output.Cause}`);
        const catcher = (state.Catch ?? []).find(({ ErrorEquals }) =>
          ErrorEquals.some((caught) => ['States.ALL', error.output.Error].includes(caught)));
        if (!catcher) throw error;
        const caught = { ...scope, states: { ...scope.states, errorOutput: error.output } };
        data = await this.leave(catcher, caught, error.output);
        name = catcher.Next;
      }
    }
    throw new Error(`more than ${MAX_STATES} states`);
  }

  async runPass(state, scope) {
    return { output: await this.leave(state, scope, scope.states.input) };
  }

  async runWait(state, scope) {
    const until = await this.value(state.Seconds ?? state.Timestamp, scope);
    const fits = state.Seconds === undefined ? !Number.isNaN(Date.parse(until)) : Number.isInteger(until) && until >= 0;
    if (!fits) throw new StateError(QUERY_ERROR, `cannot wait for ${JSON.stringify(until)}`);
    return { output: await this.leave(state, scope, scope.states.input) };
  }

  async runTask(state, scope) {
    const { FunctionName: invoked, Payload: payload } = await this.value(state.Arguments, scope);
    const result = this.invoke(invoked.replace(/^\$\{(\w+)FunctionArn\}$/, '$1'), payload);
    if (result?.error) throw new StateError(result.error, result.cause);
    return this.withResult(state, scope, { Payload: result, StatusCode: 200 });
  }

  async runMap(state, scope) {
    const results = [];
    for (const [Index, Value] of (await this.value(state.Items, scope)).entries()) {
      const context = { ...scope.states.context, Map: { Item: { Index, Value } } };
      const item = { ...scope, states: { ...scope.states, context } };
      const input = state.ItemSelector ? await this.value(state.ItemSelector, item) : Value;
      // Variables of the outer scope can be read, but not assigned.
      const { output } = await this.runStates(state.ItemProcessor, input, Object.create(scope.variables), context);
      results.push(output);
    }
    return this.withResult(state, scope, results);
  }

  async runParallel(state, scope) {
    const { input, context } = scope.states;
    const branches = state.Branches.map((branch) => this.runStates(branch, input, Object.create(scope.variables), context));
    return this.withResult(state, scope, (await Promise.all(branches)).map(({ output }) => output));
  }

  async runChoice(state, scope) {
    for (const choice of state.Choices) {
      const holds = await this.value(choice.Condition, scope);
      if (typeof holds !== 'boolean') throw new StateError(QUERY_ERROR, `${choice.Condition} is ${JSON.stringify(holds)}`);
      if (holds) return { output: await this.leave(choice, scope, scope.states.input), next: choice.Next };
    }
    return { output: scope.states.input, next: state.Default };
  }

  async runSucceed(state, scope) {
    return { output: scope.states.input };
  }

  async runFail(state, scope) {
    const [error, cause] = [await this.value(state.Error, scope), await this.value(state.Cause, scope)];
    if (typeof error !== 'string' || typeof cause !== 'string') throw new Error(`Fail with ${error} and ${cause}`);
    return { failure: { error, cause } };
  }

  async withResult(state, scope, result) {
    return { output: await this.leave(state, { ...scope, states: { ...scope.states, result } }, result) };
  }

  /** The output of a state. All its variables are assigned at the same time. */
  async leave(transition, scope, defaultOutput) {
    const output = transition.Output === undefined ? defaultOutput : await this.value(transition.Output, scope);
    Object.assign(scope.variables, await this.value(transition.Assign ?? {}, scope));
    return output;
  }

  async value(template, scope) {
    if (typeof template === 'string') return template.startsWith('{%') ? this.evaluate(template, scope) : template;
    if (Array.isArray(template)) return Promise.all(template.map((one) => this.value(one, scope)));
    if (template === null || typeof template !== 'object') return template;
    const entries = Object.entries(template).map(async ([name, one]) => [name, await this.value(one, scope)]);
    return Object.fromEntries(await Promise.all(entries));
  }

  async evaluate(text, { variables, states }) {
    this.evaluated.add(text);
    const bindings = { states };
    for (const name in variables) bindings[name] = variables[name];
    let value;
    try {
      // A copy, because JSONata adds properties to lists.
      value = await this.jsonata(text.slice(2, -2)).evaluate(undefined, structuredClone(bindings));
    } catch (error) {
      throw new StateError(QUERY_ERROR, `${text}: ${error.message}`);
    }
    if (value === undefined || typeof value === 'function') throw new StateError(QUERY_ERROR, `${text} has no value`);
    return JSON.parse(JSON.stringify(value));
  }
}

/** Every expression of a state machine. */
export function expressions(part) {
  if (typeof part === 'string') return part.startsWith('{%') ? [part] : [];
  return part && typeof part === 'object' ? Object.values(part).flatMap(expressions) : [];
}
