"""Routes of the test Hub: Spaces' hardware and Jobs."""

import json
import threading
import time
from datetime import UTC, datetime

from tests.hub.hub_request import Request
from tests.hub.hub_state import RefusedError


class JobRoutes(Request):
    """The hardware of Spaces, and Jobs, which `Hub.run_job` runs."""

    def hardware(self, id):
        repo = self.find("space", id, write=True)
        repo.extra["hardware"] = json.loads(self.body)["flavor"]
        self.send(
            200,
            {
                "stage": "BUILDING",
                "hardware": {"current": None, "requested": repo.extra["hardware"]},
                "storage": None,
                "gcTimeout": None,
                "replicas": {"requested": 1},
            },
        )

    def flavors(self):
        gpu = {
            "type": "gpu",
            "model": "T4",
            "quantity": "1",
            "vram": "16 GB",
            "manufacturer": "Nvidia",
        }
        rows = (("cpu-basic", "CPU Basic", 167, None), ("t4-small", "Nvidia T4 - small", 6667, gpu))
        self.send(
            200,
            [
                {
                    "name": name,
                    "prettyName": title,
                    "cpu": "2 vCPU",
                    "ram": "16 GB",
                    "ephemeralStorage": "20 GB",
                    "accelerator": accelerator,
                    "unitCostMicroUSD": micro_dollars,
                    "unitCostUSD": micro_dollars / 1e6,
                    "unitLabel": "minute",
                }
                for name, title, micro_dollars, accelerator in rows
            ],
        )

    def job_create(self, owner):
        self.may_write(owner)
        with self.hub.lock:
            id = f"job{len(self.hub.jobs)}"
            job = self.hub.jobs[id] = {
                "id": id,
                "spec": json.loads(self.body),
                "owner": owner,
                "stage": "SCHEDULING",
                "log": [],
            }
        threading.Thread(target=self.hub.run_job, args=(job,), daemon=True).start()
        self.send(200, self.job_document(job))

    def job_list(self, owner):
        self.may_write(owner)
        wanted = [label.split("=", 1) for label in self.query.get("label", [])]
        jobs = [
            job
            for job in self.hub.jobs.values()
            if all((job["spec"].get("labels") or {}).get(key) == value for key, value in wanted)
        ]
        self.send(200, [self.job_document(job) for job in jobs])

    def job_document(self, job: dict) -> dict:
        spec = job["spec"]
        secrets = dict.fromkeys(spec.get("secrets", {}), "")
        return {
            "id": job["id"],
            "createdAt": "2026-01-01T00:00:00.000Z",
            "dockerImage": spec.get("dockerImage"),
            "command": spec["command"],
            "arguments": [],
            "environment": spec["environment"],
            "secrets": secrets,
            "flavor": spec["flavor"],
            "labels": spec.get("labels"),
            "status": {"stage": job["stage"], "message": job.get("message")},
            "owner": {"id": "u1", "name": job["owner"], "type": "user"},
        }

    def find_job(self, owner: str, id: str) -> dict:
        self.may_write(owner)
        if id not in self.hub.jobs:
            raise RefusedError(404)
        return self.hub.jobs[id]

    def job_info(self, owner, id):
        self.send(200, self.job_document(self.find_job(owner, id)))

    def job_cancel(self, owner, id):
        job = self.find_job(owner, id)
        job["stage"] = "CANCELED"
        self.send(200, {})

    def job_logs(self, owner, id):
        job = self.find_job(owner, id)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection, sent = True, 0
        while True:
            ended = job["stage"] in ("COMPLETED", "ERROR", "CANCELED")
            for line in job["log"][sent:]:
                stamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
                self.wfile.write(
                    f"data: {json.dumps({'data': line, 'timestamp': stamp})}\n\n".encode()
                )
                sent += 1
            self.wfile.flush()
            if ended and sent == len(job["log"]):
                return
            time.sleep(0.02)
