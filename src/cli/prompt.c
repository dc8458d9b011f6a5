/* SPDX-License-Identifier: MIT */
/*
 * Line editing through libedit (this is its only doorman). Ctrl-C is a key here, not a signal: the
 * terminal makes no signals of keys while a line is edited, so that the key can throw the line
 * away; while an expression runs it interrupts as everywhere. The history is a file of the user's
 * own, in $XDG_STATE_HOME/weir or ~/.local/state/weir, that others cannot read.
 */
#include "cli/prompt.h"

#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HISTORY_MAX = 1000, WORDS_MAX = 200, COLUMNS = 78 };

struct cli_prompt {
    EditLine *edit;
    History *history;
    char *file; /* of the history; NULL: none */
    const char *ask;
    bool is_cleared;
    cli_complete_fn *complete;
    void *user;
};

struct cli_words {
    weir_buf text; /* words, a NUL behind each */
    size_t count;
};

/* ------------------------------------------------------------------ completion */

void cli_words_add(void *user, weir_str word)
{
    cli_words *words = user;
    const char *at = words->text.ptr;
    for (size_t i = 0; i < words->count; i++, at += strlen(at) + 1) {
        if (weir_str_is(word, at))
            return;
    }
    if (words->count == WORDS_MAX || words->text.failed)
        return;
    weir_buf_put(&words->text, word);
    weir_buf_putc(&words->text, '\0');
    words->count += !words->text.failed;
}

static size_t shared_prefix(const cli_words *words)
{
    const char *first = words->text.ptr, *at = first;
    size_t len = strlen(first);
    for (size_t i = 0; i < words->count; i++, at += strlen(at) + 1) {
        size_t same = 0;
        while (same < len && at[same] == first[same])
            same++;
        len = same;
    }
    while (len > 0 && ((unsigned char)first[len] & 0xC0) == 0x80)
        len--;
    return len;
}

static void list_words(const cli_words *words)
{
    const char *at = words->text.ptr;
    size_t width = 0;
    for (size_t i = 0; i < words->count; i++, at += strlen(at) + 1)
        width = strlen(at) > width ? strlen(at) : width;
    const size_t columns = width + 2 < COLUMNS ? COLUMNS / (width + 2) : 1;
    at = words->text.ptr;
    for (size_t i = 0; i < words->count; i++, at += strlen(at) + 1)
        printf("%s%-*s", i % columns ? "" : "\n", (int)width + 2, at);
    putchar('\n');
    fflush(stdout);
}

/* One word is put in whole, several as far as they agree; where that adds nothing, they are shown.
 */
static unsigned char use_words(EditLine *edit, const cli_words *words, size_t typed)
{
    const size_t shared = shared_prefix(words);
    if (shared > typed || (words->count == 1 && shared == typed)) {
        char *text = strndup(words->text.ptr + typed, shared - typed);
        const bool is_put = text && (!*text || el_insertstr(edit, text) == 0);
        free(text);
        return is_put ? CC_REFRESH : CC_ERROR;
    }
    list_words(words);
    return CC_REDISPLAY;
}

static unsigned char on_tab(EditLine *edit, int key)
{
    cli_prompt *prompt = NULL;
    (void)key;
    if (el_get(edit, EL_CLIENTDATA, &prompt) != 0 || !prompt->complete)
        return CC_ERROR;
    const LineInfo *line = el_line(edit);
    const weir_str text = {line->buffer, (size_t)(line->cursor - line->buffer)};
    cli_words words = {0};
    const size_t typed = prompt->complete(prompt->user, text, &words);
    const unsigned char done =
        words.count > 0 && typed <= text.len ? use_words(edit, &words, typed) : CC_ERROR;
    weir_buf_fini(&words.text);
    return done;
}

static unsigned char on_clear(EditLine *edit, int key)
{
    cli_prompt *prompt = NULL;
    (void)key;
    if (el_get(edit, EL_CLIENTDATA, &prompt) != 0)
        return CC_ERROR;
    prompt->is_cleared = true;
    fputs("^C\n", stdout);
    fflush(stdout);
    return CC_NEWLINE;
}

/* ------------------------------------------------------------------ history */

/* Makes the folders above the last '/' of a path, ours alone. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

static char *history_file(void)
{
    weir_buf path = {0};
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state && state[0] == '/')
        weir_buf_printf(&path, "%s/weir/eval_history", state);
    else if (home && home[0] == '/')
        weir_buf_printf(&path, "%s/.local/state/weir/eval_history", home);
    char *file = path.len > 0 && !path.failed ? strdup(weir_buf_cstr(&path)) : NULL;
    weir_buf_fini(&path);
    return file;
}

/* The file is made before anything is in it, so that it is never open to others. */
static void save_history(cli_prompt *prompt)
{
    HistEvent event;
    if (!prompt->file)
        return;
    make_folders(prompt->file);
    const int fd = open(prompt->file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    const bool is_private = fchmod(fd, 0600) == 0;
    close(fd);
    if (is_private)
        history(prompt->history, &event, H_SAVE, prompt->file);
}

static bool open_history(cli_prompt *prompt)
{
    HistEvent event;
    prompt->history = history_init();
    if (!prompt->history)
        return false;
    history(prompt->history, &event, H_SETSIZE, HISTORY_MAX);
    history(prompt->history, &event, H_SETUNIQUE, 1);
    prompt->file = history_file();
    if (prompt->file)
        history(prompt->history, &event, H_LOAD, prompt->file);
    return true;
}

void cli_prompt_remember(cli_prompt *prompt, const char *text)
{
    HistEvent event;
    history(prompt->history, &event, H_ENTER, text);
}

/* ------------------------------------------------------------------ the line */

static char *on_prompt(EditLine *edit)
{
    cli_prompt *prompt = NULL;
    return el_get(edit, EL_CLIENTDATA, &prompt) == 0 ? (char *)prompt->ask : (char *)"";
}

cli_prompt *cli_prompt_open(cli_complete_fn *complete, void *user)
{
    setlocale(LC_CTYPE, "");
    cli_prompt *prompt = calloc(1, sizeof *prompt);
    if (!prompt)
        return NULL;
    prompt->ask = "";
    prompt->complete = complete;
    prompt->user = user;
    prompt->edit = el_init("weir", stdin, stdout, stderr);
    if (!prompt->edit || !open_history(prompt)) {
        cli_prompt_close(prompt);
        return NULL;
    }
    el_set(prompt->edit, EL_CLIENTDATA, prompt);
    el_set(prompt->edit, EL_PROMPT, on_prompt);
    el_set(prompt->edit, EL_EDITOR, "emacs");
    el_set(prompt->edit, EL_SIGNAL, 1);
    el_set(prompt->edit, EL_HIST, history, prompt->history);
    el_set(prompt->edit, EL_ADDFN, "weir-complete", "completes a name", on_tab);
    el_set(prompt->edit, EL_ADDFN, "weir-clear", "throws the line away", on_clear);
    el_set(prompt->edit, EL_BIND, "^I", "weir-complete", NULL);
    el_set(prompt->edit, EL_BIND, "^C", "weir-clear", NULL);
    el_set(prompt->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(prompt->edit, EL_SETTY, "-d", "-isig", NULL);
    return prompt;
}

void cli_prompt_close(cli_prompt *prompt)
{
    if (!prompt)
        return;
    if (prompt->history) {
        save_history(prompt);
        history_end(prompt->history);
    }
    if (prompt->edit)
        el_end(prompt->edit);
    free(prompt->file);
    free(prompt);
}

cli_typed cli_prompt_read(cli_prompt *prompt, const char *ask, weir_buf *line)
{
    int count = 0;
    prompt->ask = ask;
    prompt->is_cleared = false;
    el_set(prompt->edit, EL_PREP_TERM, 1); /* or a key struck as the prompt appears is a signal */
    const char *text = el_gets(prompt->edit, &count);
    if (prompt->is_cleared)
        return CLI_TYPED_CLEARED;
    if (!text || count <= 0)
        return CLI_TYPED_END;
    size_t len = (size_t)count;
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    weir_buf_put(line, (weir_str){text, len});
    return CLI_TYPED_LINE;
}
