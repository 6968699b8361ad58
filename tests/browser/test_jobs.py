"""A run on Jobs in Chromium: price, consent, progress, reload, adapter; no trace of the token."""

import pytest

pytest.importorskip("playwright.sync_api")  # the README says where they run

from playwright.sync_api import Page, expect

from tests.browser.steps import assert_fits
from tests.browser.test_sharing import open_adapters_tab
from tests.hub.conftest import TOKEN, files_of
from tests.hub.page import become_a_space, open_page_services, serve_page, signed_in


def choose_jobs(page: Page):
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("radio", name="Hugging Face Jobs").check()
    expect(page.get_by_label("Machine on Jobs")).to_have_value(
        "t4-small: $0.40 per hour, 1 x T4, 16 GB"
    )


def test_a_job_needs_consent_survives_a_reload_and_gives_an_adapter(
    chromium, hub, services, finish_job, tmp_path
):
    with serve_page(services) as url:
        page, asked = open_adapters_tab(chromium, url)
        choose_jobs(page)
        start = page.get_by_role("button", name="Start training")
        token = page.get_by_label("Token for Jobs")
        consent = page.get_by_role("checkbox", name="I agree: t4-small at $0.40 per hour")
        start.click()
        expect(
            page.get_by_text("First choose a machine on Jobs and agree to its price.")
        ).to_be_visible()
        consent.check()
        token.fill(TOKEN)
        start.click()
        expect(page.get_by_text("It trains on Hugging Face Jobs (t4-small)")).to_be_visible()
        expect(token).to_have_value("")
        expect(consent).not_to_be_checked()
        expect(page.locator(".run[data-state=running]")).to_contain_text("10 + 2")
        page.reload()
        expect(page.locator(".run[data-state=running]")).to_contain_text("10 + 2")
        finish_job.set()
        expect(page.locator(".run[data-state=done]")).to_be_visible()
        page.get_by_role("tab", name="Adapters").click()
        expect(page.get_by_role("heading", name="weather-r8", exact=True)).to_be_visible()
        stored = page.evaluate(
            "JSON.stringify({...localStorage, ...sessionStorage}) + document.cookie"
        )
        assert TOKEN not in page.content() + stored + "".join(asked)
    assert not any(TOKEN.encode() in data for data in files_of(tmp_path / "runs").values())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_on_a_space_a_job_needs_the_scope_and_a_sign_in(
    chromium, hub, services, finish_job, tmp_path, monkeypatch
):
    become_a_space(monkeypatch)
    with serve_page(open_page_services("ada/small-t5", tmp_path / "without", "space")) as url:
        page, _ = open_adapters_tab(chromium, url)
        page.get_by_role("tab", name="Train").click()
        expect(page.get_by_role("button", name="Start training")).to_be_visible()
        expect(page.get_by_role("radio", name="Hugging Face Jobs")).to_have_count(0)
    monkeypatch.setenv("OAUTH_SCOPES", "openid profile contribute-repos jobs")
    with serve_page(open_page_services("ada/small-t5", tmp_path / "with", "space")) as url:
        stranger, _ = open_adapters_tab(chromium, url)
        choose_jobs(stranger)
        expect(stranger.get_by_label("Token for Jobs")).to_have_count(0)
        stranger.get_by_role("checkbox", name="I agree").check()
        stranger.get_by_role("button", name="Start training").click()
        expect(stranger.get_by_text("Sign in with Hugging Face first.")).to_be_visible()
        ada, asked = open_adapters_tab(chromium, url, signed_in(TOKEN), width=400)
        choose_jobs(ada)
        ada.get_by_role("checkbox", name="I agree").check()
        assert_fits(ada, 400)
        ada.get_by_role("button", name="Start training").click()
        expect(ada.locator(".run[data-state=running]")).to_contain_text("10 + 2")
        ada.get_by_role("button", name="Stop").click()
        expect(ada.get_by_text("The Job was cancelled.")).to_be_visible()
        assert TOKEN not in ada.content() + "".join(asked)
