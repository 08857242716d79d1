/* SPDX-License-Identifier: GPL-3.0-or-later
 * Backends that need a language model. Until one is set up they say what is missing. */
#include "chat/chat.h"

static bool hf_reply(const struct chat_request *req, struct buf *out, struct err *e)
{
    (void)req;
    (void)out;
    return err_set(e, ERR_UNAVAILABLE,
                   "chat backend \"hf\" has no text model: name one in AIVE_HF_TEXT_MODEL and put "
                   "it into AIVE_MODELS_DIR; the backend \"stub\" works without");
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
                   "chat backend \"openai\" has no server: set AIVE_OPENAI_BASE_URL to one that "
                   "speaks the OpenAI protocol; the backend \"stub\" works without");
}

const struct chat_backend chat_openai = {
    .name = "openai",
    .help = "Any server that speaks the OpenAI protocol (AIVE_OPENAI_BASE_URL).",
    .reply = openai_reply,
};
