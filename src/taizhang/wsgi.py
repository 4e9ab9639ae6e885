"""What gunicorn loads. Without its key file a site does not start: it would seal under a key that is then lost."""

from __future__ import annotations

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from taizhang.kit.frames import roomy
from taizhang.kit.refusal import Refusal
from taizhang.kit.text import Text

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taizhang.settings")

application = roomy(get_wsgi_application())
# Every page, once, before gunicorn makes its processes: they share it, and no first reader waits for it.
import_module(settings.ROOT_URLCONF)

if settings.KEYS is None:
    raise Refusal(
        "key_file",
        Text("还没有密钥文件。", "There is no key file yet."),
        Text("请用 taizhang serve 启动，它会在第一次启动时建立。", "Start with `taizhang serve`, which makes it."),
    )
