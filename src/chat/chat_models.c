/* SPDX-License-Identifier: GPL-3.0-or-later
 * Backends that need a language model. Their rows are here so that a client learns what they
 * would need; they answer plainly that they cannot. */
#include "chat/chat.h"

static bool hf_reply(const struct chat_request *req, struct buf *out, struct err *e)
{
    (void)req;
    (void)out;
    return err_set(e, ERR_UNAVAILABLE,
                   "chat backend \"hf\": no text model is loaded (AIVE_HF_TEXT_MODEL), and this "
                   "version cannot run one yet; the backend \"stub\" works without a model");
}

const struct chat_backend chat_hf = {
    .name = "hf",
    .help = "A Hugging Face text model on this machine (AIVE_HF_TEXT_MODEL).",
    .reply = hf_reply,
};

static bool openai_reply(const struct chat_request *req, struct buf *out, struct err *e)
{
    (void)req;
    (void)out;
    return err_set(e, ERR_UNAVAILABLE,
                   "chat backend \"openai\": no server is set (AIVE_OPENAI_BASE_URL), and this "
                   "version cannot reach one yet; the backend \"stub\" works without a server");
}

const struct chat_backend chat_openai = {
    .name = "openai",
    .help = "Any server that speaks the OpenAI protocol (AIVE_OPENAI_BASE_URL).",
    .reply = openai_reply,
};
