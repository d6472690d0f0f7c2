"""Tests that check_calls.py finds invalid calls, and that it fails without calls.

    python test_check_calls.py
"""

import contextlib
import io
import json
import pathlib
import re
import tempfile
import unittest

import check_calls
from service_models import check, service_of

# Calls as the strict proxy writes them: a test of the proxy compares its output with this file.
WRITTEN = pathlib.Path("local-cloud/strict-proxy/tests/proxy/calls.jsonl")
ACCOUNT = {"AccountName": "payments", "Email": "aws+payments@example.com"}
BUDGET = {"BudgetName": "payments", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
QUOTA = {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A", "DesiredValue": 64.0}


def call(service, operation, **parameters):
    """A line of the file, possibly with parameters that AWS rejects."""
    model = service_of(service).model.operation_model(operation)
    written = service_of(service).write(model, parameters)
    return written | {"function": "f", "service": service, "operation": operation, "method": model.http["method"]}


def with_body(line, old, new):
    assert old in line["body"], line["body"]
    return line | {"body": line["body"].replace(old, new)}


class Calls(unittest.TestCase):
    def finds(self, line, *expected):
        self.assertEqual([str(problem) for problem in check(line)[1]], list(expected))

    def test_calls_of_the_proxy_have_no_problems(self):
        for line in map(json.loads, WRITTEN.read_text().splitlines()):
            operation, problems = check(line)
            self.assertEqual((operation.name, problems), (line["operation"], []))

    def test_unknown_service_or_operation_is_found(self):
        line = call("organizations", "CreateAccount", **ACCOUNT)
        self.finds(line | {"service": "organisations"}, 'the service is "organisations": AWS has no service with this name')
        line["headers"]["x-amz-target"] = "AWSOrganizationsV20161128.MakeAccount"
        self.finds(line, 'the operation is "CreateAccount": AWS has no operation for POST /')
        line = call("guardduty", "ListDetectors") | {"uri": "/detectors"}
        self.finds(line, 'the operation is "ListDetectors": AWS has no operation for GET /detectors')
        line = with_body(call("iam", "GetRole", RoleName="a"), "GetRole", "ReadRole")
        self.finds(line, 'the operation is "GetRole": AWS has no operation for POST /')

    def test_missing_parameter_is_found(self):
        line = call("iam", "CreateRole", RoleName="a")
        self.finds(line, "AssumeRolePolicyDocument is missing: the model requires it")
        budget = {name: value for name, value in BUDGET.items() if name != "TimeUnit"}
        line = call("budgets", "CreateBudget", AccountId="111122223333", Budget=budget)
        self.finds(line, "Budget.TimeUnit is missing: the model requires it")

    def test_unknown_parameter_is_found_in_each_protocol(self):
        def unknown(name, value, members):
            return f'{name} is "{value}": the model has no such parameter; the operation has {members}'

        line = with_body(call("organizations", "MoveAccount", AccountId="111122223333"), "{", '{"Reason": "x", ')
        members = "AccountId, SourceParentId, DestinationParentId"
        self.assertIn(unknown("Reason", "x", members), [str(problem) for problem in check(line)[1]])
        line = call("iam", "GetRole", RoleName="a")
        self.finds(line | {"body": f"{line['body']}&Path=%2F"}, unknown("Path", "/", "RoleName"))
        line = call("ec2", "DeleteVpc", VpcId="vpc-1")
        self.finds(line | {"body": f"{line['body']}&Force=true"}, unknown("Force", "true", "VpcId, DryRun"))
        line = call("access-analyzer", "ListAnalyzers", type="ACCOUNT")
        members = "nextToken, maxResults, type"
        self.finds(line | {"uri": f"{line['uri']}&kind=a"}, unknown("?kind", "a", members))
        block = {"AccountId": "111122223333", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
        line = call("s3-control", "PutPublicAccessBlock", **block)
        members = "PublicAccessBlockConfiguration, AccountId"
        self.finds(with_body(line, "BlockPublicAcls", "BlockAcls"), unknown("BlockAcls", "true", members))
        line["headers"]["x-amz-acl"] = "private"
        self.finds(line, unknown("x-amz-acl", "private", members))

    def test_nested_unknown_parameter_is_found(self):
        line = call("budgets", "CreateBudget", AccountId="111122223333", Budget=BUDGET)
        _, (problem,) = check(with_body(line, "{\"BudgetName\"", '{"Owner": {"Name": "a"}, "BudgetName"'))
        self.assertEqual((problem.parameter, problem.value), ("Budget.Owner.Name", "a"))

    def test_wrong_type_is_found(self):
        line = call("servicequotas", "RequestServiceQuotaIncrease", **QUOTA)
        self.finds(with_body(line, "64.0", '"64"'), 'DesiredValue is "64": the model reads it as 64.0')
        self.finds(with_body(line, '"ec2"', "2"), "ServiceCode is 2: the model requires a string")
        line = call("account", "ListRegions", MaxResults=50)
        self.finds(with_body(line, "50", "true"), "MaxResults is true: the model reads it as 1")
        line = with_body(call("ec2", "DeleteVpc", VpcId="vpc-1", DryRun=True), "true", "yes")
        self.finds(line, 'DryRun is "yes": the model reads it as "false"')
        line = call("events", "PutEvents", Entries=[{"Source": "a"}])
        self.assertIn("it does not match the model", str(check(with_body(line, '{"Source": "a"}', '"a"'))[1]))
        self.assertIn("the model reads it as []", str(check(with_body(line, '[{"Source": "a"}]', '{}'))[1][1]))

    def test_invalid_lengths_and_ranges_are_found(self):
        line = call("organizations", "CreateAccount", **ACCOUNT | {"AccountName": "a" * 51})
        self.finds(line, f'AccountName is "{"a" * 51}": the model requires a length of at most 50')
        line = call("iam", "UpdateAccountPasswordPolicy", MinimumPasswordLength=5)
        self.finds(line, "MinimumPasswordLength is 5: the model requires at least 6")
        line = call("guardduty", "GetMembers", DetectorId="a", AccountIds=[])
        self.finds(line, "AccountIds is []: the model requires a length of at least 1")

    def test_pattern_mismatch_is_found(self):
        line = call("organizations", "DescribeAccount", AccountId="1111-2222")
        self.finds(line, r'AccountId is "1111-2222": the model requires ^\d{12}$')
        # For AWS, as in Java, `\w` matches only ASCII letters.
        _, (problem,) = check(call("iam", "GetRole", RoleName="Prüfer"))
        self.assertEqual((problem.parameter, problem.wanted), ("RoleName", r"the model requires [\w+=,.@-]+"))

    def test_unknown_enum_value_is_found(self):
        line = call("budgets", "CreateBudget", AccountId="111122223333", Budget=BUDGET | {"TimeUnit": "WEEKLY"})
        self.assertIn('Budget.TimeUnit is "WEEKLY": the model has only DAILY, MONTHLY', str(check(line)[1][0]))

    def test_ids_of_the_emulator_are_accepted(self):
        instance = "arn:aws:sso:::instance/ssoins-4urmpcpi4isxcikh"
        line = call("sso", "DescribePermissionSet", InstanceArn=instance, PermissionSetArn=f"{instance}/ps-{'a' * 16}")
        self.finds(line)
        line = call("sso", "DescribePermissionSet", InstanceArn=instance, PermissionSetArn=f"{instance}/ps-a")
        self.assertEqual(len(check(line)[1]), 1)


class Sources(unittest.TestCase):
    """A workspace with one function, which calls IAM."""

    CODE = """
        use aws_sdk_iam::Client;
        const GONE: &[&str] =
            &["NoSuchEntity", "Gone"];
        const PATH: &str = "Value";
        fn decide() {
            let is_same = client.get_role().send().role().path() == Some(PATH);
            let is_lost = error_code(&error) == Some("Lost");
            match error_code(&error) { Some("Missing" | "NoSuchEntity") => 1, Some(code) if GONE.contains(&code) => 2 }
        }
        #[cfg(test)]
        fn test() { Some("OnlyInTests") }
    """

    def workspace(self, code=CODE):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "functions/vend/f"
        (folder / "src").mkdir(parents=True)
        (folder / "Cargo.toml").write_text('[dependencies]\naws-sdk-iam.workspace = true\n')
        (folder / "src/lib.rs").write_text(code)
        self.enterContext(contextlib.chdir(folder.parents[2]))

    def run_on(self, *lines):
        """The exit code and the output of the check on these calls."""
        pathlib.Path("calls.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        with contextlib.redirect_stdout(io.StringIO()) as output, self.assertRaises(SystemExit) as ended:
            check_calls.main("calls.jsonl")
        return ended.exception.code, output.getvalue()

    def test_unknown_error_codes_are_found(self):
        self.workspace()
        code, output = self.run_on(call("iam", "GetRole", RoleName="a"))
        operations = "the operations that the sources call with aws-sdk-iam"
        problem = f"functions/vend/f/src/lib.rs: {{}} is not an error of {operations}\n"
        self.assertEqual(output.count("\n"), 4)
        found = [problem.format(error) for error in ("Gone", "Lost", "Missing")]
        self.assertTrue(output.startswith("".join(found)), output)
        self.assertEqual(code, 1)

    def test_sources_without_error_codes_are_a_problem(self):
        self.workspace("use aws_sdk_iam::Client;")
        code, output = self.run_on(call("iam", "GetRole", RoleName="a"))
        self.assertIn("no error code was found", output)
        self.assertEqual(code, 1)

    def test_service_without_calls_is_a_problem(self):
        self.workspace()
        code, output = self.run_on(call("organizations", "ListRoots"))
        self.assertIn("aws-sdk-iam is used, but no call of its service was recorded", output)
        self.assertEqual(code, 1)

    def test_missing_calls_are_a_problem(self):
        self.workspace()
        self.assertIn("calls.jsonl has no calls", self.run_on()[0])
        with self.assertRaises(SystemExit) as ended:
            check_calls.main("missing.jsonl")
        self.assertIn("missing.jsonl has no calls", ended.exception.code)

    def test_each_problem_is_shown_once(self):
        self.workspace(re.sub("Gone|Lost|Missing", "NoSuchEntity", self.CODE))
        line = call("iam", "GetRole", RoleName="a b")
        code, output = self.run_on(line, with_body(line, "a+b", "c+d"), call("iam", "GetRole", RoleName="a"))
        shown = r'f: iam GetRole: RoleName is "a b": the model requires [\w+=,.@-]+'
        self.assertEqual(output, f"{shown}\nchecked 3 calls: 1 operations of 1 services\n")
        self.assertEqual(code, 1)

    def test_valid_calls_pass(self):
        self.workspace(re.sub("Gone|Lost|Missing", "NoSuchEntity", self.CODE))
        self.assertEqual(self.run_on(call("iam", "GetRole", RoleName="a"))[0], 0)


if __name__ == "__main__":
    unittest.main()
