"""Fill in what Jinja2 itself prints for the templates of cases.json: python3 make_cases.py (Debian: python3-jinja2)."""

import json
import pathlib

import jinja2

path = pathlib.Path(__file__).with_name("cases.json")
data = json.loads(path.read_text())
environment = jinja2.Environment()
for case in data["cases"]:
    try:
        case["expected"] = environment.from_string(case["template"]).render(data["context"])
        case.pop("error", None)
    except Exception as error:  # what a template can raise is part of what is compared
        case["error"] = type(error).__name__.replace("TemplateAssertionError", "TemplateSyntaxError")
        case.pop("expected", None)
data["made_by"] = "Jinja2 " + jinja2.__version__
lines = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in data["cases"])
head = json.dumps({"made_by": data["made_by"], "context": data["context"]}, ensure_ascii=False)
path.write_text(head[:-1] + ', "cases": [\n' + lines + "\n]}\n")
