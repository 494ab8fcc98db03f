//! What C, C++ and the headers that programs commonly include before a binding define already: a name of the author's that is one
//! of these gets an underscore at its end.

use crate::model::names::{Escape, Rules};

/// What neither C nor C++ takes as a name, in whatever place.
pub(crate) const RULES: Rules = Rules(WORDS);

/// What is no name of a function, a method or a type besides: a macro with arguments would replace it.
pub(crate) const CALLED: Rules = Rules(&[(WITH_ARGUMENTS, U)]);

const U: Escape = Escape::Underscore;

const WORDS: &[(&str, Escape)] = &[
    (KEYWORDS, U),
    (ERRNO, U),
    (SIGNAL, U),
    (STAT, U),
    (MATH, U),
    (STDIO, U),
    (LIMITS, U),
    (SYSTEM, U),
    (X11, U),
    (WINDOWS, U),
];

/// Keywords of every version of C and C++, and of common compilers, and the namespaces that generated code names.
const KEYWORDS: &str = "\
    alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class \
    co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue \
    contract_assert decltype default delete do double dynamic_cast else enum explicit export extern false ffihost \
    float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq \
    private protected public register reinterpret_cast requires restrict return short signed sizeof static \
    static_assert static_cast std struct switch template this thread_local throw true try typedef typeid typename \
    typeof typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq";

/// Macros of `<errno.h>` of Linux, macOS and Windows.
const ERRNO: &str = "\
    E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EADV EAFNOSUPPORT EAGAIN EALREADY EAUTH EBADARCH EBADE EBADEXEC EBADF \
    EBADFD EBADMACHO EBADMSG EBADR EBADRPC EBADRQC EBADSLT EBFONT EBUSY ECANCELED ECHILD ECHRNG ECOMM \
    ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDEADLOCK EDESTADDRREQ EDEVERR EDOM EDOTDOT EDQUOT EEXIST \
    EFAULT EFBIG EFTYPE EHOSTDOWN EHOSTUNREACH EHWPOISON EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN \
    EISDIR EISNAM EKEYEXPIRED EKEYREJECTED EKEYREVOKED EL2HLT EL2NSYNC EL3HLT EL3RST ELAST ELIBACC ELIBBAD \
    ELIBEXEC ELIBMAX ELIBSCN ELNRNG ELOOP EMEDIUMTYPE EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENAVAIL \
    ENEEDAUTH ENETDOWN ENETRESET ENETUNREACH ENFILE ENOANO ENOATTR ENOBUFS ENOCSI ENODATA ENODEV ENOENT ENOEXEC \
    ENOKEY ENOLCK ENOLINK ENOMEDIUM ENOMEM ENOMSG ENONET ENOPKG ENOPOLICY ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS \
    ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ENOTNAM ENOTRECOVERABLE ENOTSOCK ENOTSUP ENOTTY ENOTUNIQ ENXIO EOPNOTSUPP \
    EOTHER EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROCLIM EPROCUNAVAIL EPROGMISMATCH EPROGUNAVAIL EPROTO \
    EPROTONOSUPPORT EPROTOTYPE EPWROFF EQFULL ERANGE EREMCHG EREMOTE EREMOTEIO ERESTART ERFKILL EROFS \
    ERPCMISMATCH ESHLIBVERS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH ESRMNT ESTALE ESTRPIPE ETIME ETIMEDOUT \
    ETOOMANYREFS ETXTBSY EUCLEAN EUNATCH EUSERS EWOULDBLOCK EXDEV EXFULL STRUNCATE";

/// Macros of `<signal.h>`.
const SIGNAL: &str = "\
    BUS_ADRALN BUS_ADRERR BUS_MCEERR_AO BUS_MCEERR_AR BUS_OBJERR CLD_CONTINUED CLD_DUMPED CLD_EXITED CLD_KILLED \
    CLD_STOPPED CLD_TRAPPED FPE_CONDTRAP FPE_FLTDIV FPE_FLTINV FPE_FLTOVF FPE_FLTRES FPE_FLTSUB FPE_FLTUND \
    FPE_FLTUNK FPE_INTDIV FPE_INTOVF ILL_BADIADDR ILL_BADSTK ILL_COPROC ILL_ILLADR ILL_ILLOPC ILL_ILLOPN \
    ILL_ILLTRP ILL_PRVOPC ILL_PRVREG MINSIGSTKSZ NSIG POLL_ERR POLL_HUP POLL_IN POLL_MSG POLL_OUT POLL_PRI \
    SA_INTERRUPT SA_NOCLDSTOP SA_NOCLDWAIT SA_NODEFER SA_NOMASK SA_ONESHOT SA_ONSTACK SA_RESETHAND SA_RESTART \
    SA_SIGINFO SA_STACK SEGV_ACCADI SEGV_ACCERR SEGV_ADIDERR SEGV_ADIPERR SEGV_BNDERR SEGV_MAPERR SEGV_MTEAERR \
    SEGV_MTESERR SEGV_PKUERR SIGABRT SIGALRM SIGBREAK SIGBUS SIGCHLD SIGCLD SIGCONT SIGEMT SIGEV_NONE \
    SIGEV_SIGNAL SIGEV_THREAD SIGEV_THREAD_ID SIGFPE SIGHUP SIGILL SIGINFO SIGINT SIGIO SIGIOT SIGKILL SIGPIPE \
    SIGPOLL SIGPROF SIGPWR SIGQUIT SIGRTMAX SIGRTMIN SIGSEGV SIGSTKFLT SIGSTKSZ SIGSTOP SIGSYS SIGTERM SIGTRAP \
    SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ SIG_BLOCK SIG_DFL SIG_ERR \
    SIG_HOLD SIG_IGN SIG_SETMASK SIG_UNBLOCK SI_ASYNCIO SI_ASYNCNL SI_DETHREAD SI_KERNEL SI_MESGQ SI_QUEUE \
    SI_SIGIO SI_TIMER SI_TKILL SI_USER SS_DISABLE SS_ONSTACK TRAP_BRANCH TRAP_BRKPT TRAP_HWBKPT TRAP_TRACE \
    TRAP_UNK sa_handler sa_restorer sa_sigaction si_addr si_addr_lsb si_arch si_band si_call_addr si_fd si_int \
    si_lower si_overrun si_pid si_pkey si_ptr si_status si_stime si_syscall si_timerid si_uid si_upper si_utime \
    si_value sigev_notify_attributes sigev_notify_function sv_onstack";

/// Macros of `<sys/stat.h>`.
const STAT: &str = "\
    ACCESSPERMS ALLPERMS DEFFILEMODE S_BLKSIZE S_IEXEC S_IFBLK S_IFCHR S_IFDIR S_IFIFO S_IFLNK S_IFMT S_IFREG \
    S_IFSOCK S_IREAD S_IRGRP S_IROTH S_IRUSR S_IRWXG S_IRWXO S_IRWXU S_ISGID S_ISUID S_ISVTX S_IWGRP S_IWOTH \
    S_IWRITE S_IWUSR S_IXGRP S_IXOTH S_IXUSR UTIME_NOW UTIME_OMIT st_atime st_atimensec st_atimespec \
    st_birthtime st_birthtimespec st_ctime st_ctimensec st_ctimespec st_mtime st_mtimensec st_mtimespec";

/// Macros of `<math.h>`, `<complex.h>`, `<float.h>` and `<fenv.h>`.
const MATH: &str = "\
    DBL_DECIMAL_DIG DBL_DIG DBL_EPSILON DBL_HAS_SUBNORM DBL_MANT_DIG DBL_MAX DBL_MAX_10_EXP DBL_MAX_EXP DBL_MIN \
    DBL_MIN_10_EXP DBL_MIN_EXP DBL_TRUE_MIN DECIMAL_DIG DOMAIN FE_ALL_EXCEPT FE_DFL_ENV FE_DFL_MODE FE_DIVBYZERO \
    FE_DOWNWARD FE_INEXACT FE_INVALID FE_NOMASK_ENV FE_OVERFLOW FE_TONEAREST FE_TOWARDZERO FE_UNDERFLOW \
    FE_UPWARD FLT_DECIMAL_DIG FLT_DIG FLT_EPSILON FLT_EVAL_METHOD FLT_HAS_SUBNORM FLT_MANT_DIG FLT_MAX \
    FLT_MAX_10_EXP FLT_MAX_EXP FLT_MIN FLT_MIN_10_EXP FLT_MIN_EXP FLT_RADIX FLT_ROUNDS FLT_TRUE_MIN FP_ILOGB0 \
    FP_ILOGBNAN FP_INFINITE FP_NAN FP_NORMAL FP_SUBNORMAL FP_ZERO HUGE HUGE_VAL HUGE_VALF HUGE_VALL I INFINITY \
    LDBL_DECIMAL_DIG LDBL_DIG LDBL_EPSILON LDBL_HAS_SUBNORM LDBL_MANT_DIG LDBL_MAX LDBL_MAX_10_EXP LDBL_MAX_EXP \
    LDBL_MIN LDBL_MIN_10_EXP LDBL_MIN_EXP LDBL_TRUE_MIN MATH_ERREXCEPT MATH_ERRNO MAXFLOAT M_1_PI M_2_PI \
    M_2_SQRTPI M_E M_LN10 M_LN2 M_LOG10E M_LOG2E M_PI M_PI_2 M_PI_4 M_SQRT1_2 M_SQRT2 NAN OVERFLOW PLOSS SING \
    SNAN TLOSS UNDERFLOW X_TLOSS complex math_errhandling";

/// Macros of `<stdio.h>`, `<stdlib.h>` and `<stddef.h>`.
const STDIO: &str = "\
    BIG_ENDIAN BUFSIZ BYTE_ORDER EOF EXIT_FAILURE EXIT_SUCCESS FD_SETSIZE FILENAME_MAX FOPEN_MAX LITTLE_ENDIAN \
    L_ctermid L_cuserid L_tmpnam MB_CUR_MAX NFDBITS NULL PDP_ENDIAN P_tmpdir RAND_MAX RENAME_EXCHANGE \
    RENAME_NOREPLACE RENAME_WHITEOUT SEEK_CUR SEEK_DATA SEEK_END SEEK_HOLE SEEK_SET TMP_MAX WCONTINUED WEXITED \
    WNOHANG WNOWAIT WSTOPPED WUNTRACED assert environ errno offsetof stderr stdin stdout";

/// Macros of `<limits.h>`, `<stdint.h>`, `<time.h>` and `<locale.h>`.
const LIMITS: &str = "\
    BOOL_MAX BOOL_WIDTH CHARCLASS_NAME_MAX CHAR_BIT CHAR_MAX CHAR_MIN CHAR_WIDTH CLOCKS_PER_SEC CLOCK_BOOTTIME \
    CLOCK_BOOTTIME_ALARM CLOCK_MONOTONIC CLOCK_MONOTONIC_COARSE CLOCK_MONOTONIC_RAW CLOCK_PROCESS_CPUTIME_ID \
    CLOCK_REALTIME CLOCK_REALTIME_ALARM CLOCK_REALTIME_COARSE CLOCK_TAI CLOCK_THREAD_CPUTIME_ID COLL_WEIGHTS_MAX \
    DELAYTIMER_MAX EXPR_NEST_MAX HOST_NAME_MAX INT16_MAX INT16_MIN INT16_WIDTH INT32_MAX INT32_MIN INT32_WIDTH \
    INT64_MAX INT64_MIN INT64_WIDTH INT8_MAX INT8_MIN INT8_WIDTH INTMAX_MAX INTMAX_MIN INTMAX_WIDTH INTPTR_MAX \
    INTPTR_MIN INTPTR_WIDTH INT_MAX INT_MIN INT_WIDTH IOV_MAX LC_ADDRESS LC_ALL LC_COLLATE LC_CTYPE \
    LC_GLOBAL_LOCALE LC_IDENTIFICATION LC_MEASUREMENT LC_MESSAGES LC_MONETARY LC_NAME LC_NUMERIC LC_PAPER \
    LC_TELEPHONE LC_TIME LINE_MAX LLONG_MAX LLONG_MIN LLONG_WIDTH LOGIN_NAME_MAX LONG_BIT LONG_LONG_MAX \
    LONG_LONG_MIN LONG_MAX LONG_MIN LONG_WIDTH MAX_CANON MAX_INPUT MB_LEN_MAX NAME_MAX NGROUPS_MAX NZERO \
    PATH_MAX PIPE_BUF PTRDIFF_MAX PTRDIFF_MIN PTRDIFF_WIDTH RE_DUP_MAX RTSIG_MAX SCHAR_MAX SCHAR_MIN SCHAR_WIDTH \
    SEM_VALUE_MAX SHRT_MAX SHRT_MIN SHRT_WIDTH SIG_ATOMIC_MAX SIG_ATOMIC_MIN SIG_ATOMIC_WIDTH SIZE_MAX \
    SIZE_WIDTH SSIZE_MAX TIMER_ABSTIME TIME_UTC TTY_NAME_MAX UCHAR_MAX UCHAR_WIDTH UINT16_MAX UINT16_WIDTH \
    UINT32_MAX UINT32_WIDTH UINT64_MAX UINT64_WIDTH UINT8_MAX UINT8_WIDTH UINTMAX_MAX UINTMAX_WIDTH UINTPTR_MAX \
    UINTPTR_WIDTH UINT_MAX UINT_WIDTH ULLONG_MAX ULLONG_WIDTH ULONG_LONG_MAX ULONG_MAX ULONG_WIDTH USHRT_MAX \
    USHRT_WIDTH WCHAR_MAX WCHAR_MIN WCHAR_WIDTH WEOF WINT_MAX WINT_MIN WINT_WIDTH WORD_BIT";

/// Macros of `<fcntl.h>`, `<sys/socket.h>`, `<netinet/in.h>`, `<netdb.h>`, `<syslog.h>`, and what compilers predefine.
const SYSTEM: &str = "\
    AF_INET AF_INET6 AF_UNIX AF_UNSPEC FD_CLOEXEC F_ADD_SEALS F_DUPFD F_DUPFD_CLOEXEC F_EXLCK F_GETFD F_GETFL \
    F_GETLK F_GETLK64 F_GETOWN F_GETOWN_EX F_GETSIG F_GET_SEALS F_LOCK F_NOTIFY F_OK F_RDLCK F_SEAL_FUTURE_WRITE \
    F_SEAL_GROW F_SEAL_SEAL F_SEAL_SHRINK F_SEAL_WRITE F_SETFD F_SETFL F_SETLK F_SETLK64 F_SETLKW F_SETLKW64 \
    F_SETOWN F_SETOWN_EX F_SETSIG F_SHLCK F_TEST F_TLOCK F_ULOCK F_UNLCK F_WRLCK HOST_NOT_FOUND INADDR_ANY \
    INADDR_LOOPBACK INADDR_NONE IPPROTO_TCP IPPROTO_UDP LOCK_EX LOCK_MAND LOCK_NB LOCK_READ LOCK_RW LOCK_SH \
    LOCK_UN LOCK_WRITE LOG_ALERT LOG_CRIT LOG_DEBUG LOG_EMERG LOG_ERR LOG_INFO LOG_NOTICE LOG_WARNING MAP_FAILED \
    MAP_PRIVATE MAP_SHARED MSG_DONTWAIT MSG_OOB MSG_PEEK MSG_WAITALL NI_MAXHOST NO NO_ADDRESS NO_DATA \
    NO_RECOVERY Nil O_ACCMODE O_APPEND O_ASYNC O_CLOEXEC O_CREAT O_DIRECT O_DIRECTORY O_DSYNC O_EXCL O_FSYNC \
    O_LARGEFILE O_NDELAY O_NOATIME O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_RDONLY O_RDWR O_RSYNC O_SYNC \
    O_TMPFILE O_TRUNC O_WRONLY PROT_EXEC PROT_NONE PROT_READ PROT_WRITE R_OK SHUT_RD SHUT_RDWR SHUT_WR \
    SOCK_CLOEXEC SOCK_DGRAM SOCK_NONBLOCK SOCK_RAW SOCK_STREAM SOMAXCONN TCP_NODELAY TRY_AGAIN W_OK X_OK YES \
    d_fileno h_addr i386 linux mips nil s6_addr s6_addr16 s6_addr32 sun unix vax";

/// Macros of `<X11/X.h>` and `<X11/Xlib.h>`.
const X11: &str = "\
    Above AllPlanes AllTemporary AllocAll AllocNone AllowExposures AlreadyGrabbed Always AnyButton AnyKey \
    AnyModifier AnyPropertyType ArcChord ArcPieSlice AsyncBoth AsyncKeyboard AsyncPointer AutoRepeatModeDefault \
    AutoRepeatModeOff AutoRepeatModeOn BadAccess BadAlloc BadAtom BadColor BadCursor BadDrawable BadFont BadGC \
    BadIDChoice BadImplementation BadLength BadMatch BadName BadPixmap BadRequest BadValue BadWindow Below Bool \
    BottomIf Button1 Button1Mask Button1MotionMask Button2 Button2Mask Button2MotionMask Button3 Button3Mask \
    Button3MotionMask Button4 Button4Mask Button4MotionMask Button5 Button5Mask Button5MotionMask \
    ButtonMotionMask ButtonPress ButtonPressMask ButtonRelease ButtonReleaseMask CWBackPixel CWBackPixmap \
    CWBackingPixel CWBackingPlanes CWBackingStore CWBitGravity CWBorderPixel CWBorderPixmap CWBorderWidth \
    CWColormap CWCursor CWDontPropagate CWEventMask CWHeight CWOverrideRedirect CWSaveUnder CWSibling \
    CWStackMode CWWidth CWWinGravity CWX CWY CapButt CapNotLast CapProjecting CapRound CenterGravity \
    CirculateNotify CirculateRequest ClientMessage ClipByChildren ColormapChangeMask ColormapInstalled \
    ColormapNotify ColormapUninstalled Complex ConfigureNotify ConfigureRequest ControlMapIndex ControlMask \
    Convex CoordModeOrigin CoordModePrevious CopyFromParent CreateNotify CurrentTime CursorShape DefaultBlanking \
    DefaultExposures DestroyAll DestroyNotify DirectColor DisableAccess DisableScreenInterval DisableScreenSaver \
    DoBlue DoGreen DoRed DontAllowExposures DontPreferBlanking EastGravity EnableAccess EnterNotify \
    EnterWindowMask EvenOddRule Expose ExposureMask False FamilyChaos FamilyDECnet FamilyInternet \
    FamilyInternet6 FamilyServerInterpreted FillOpaqueStippled FillSolid FillStippled FillTiled \
    FirstExtensionError FocusChangeMask FocusIn FocusOut FontChange FontLeftToRight FontRightToLeft \
    ForgetGravity GCArcMode GCBackground GCCapStyle GCClipMask GCClipXOrigin GCClipYOrigin GCDashList \
    GCDashOffset GCFillRule GCFillStyle GCFont GCForeground GCFunction GCGraphicsExposures GCJoinStyle GCLastBit \
    GCLineStyle GCLineWidth GCPlaneMask GCStipple GCSubwindowMode GCTile GCTileStipXOrigin GCTileStipYOrigin \
    GXand GXandInverted GXandReverse GXclear GXcopy GXcopyInverted GXequiv GXinvert GXnand GXnoop GXnor GXor \
    GXorInverted GXorReverse GXset GXxor GenericEvent GrabFrozen GrabInvalidTime GrabModeAsync GrabModeSync \
    GrabNotViewable GrabSuccess GraphicsExpose GravityNotify GrayScale HostDelete HostInsert IncludeInferiors \
    InputFocus InputOnly InputOutput IsUnmapped IsUnviewable IsViewable JoinBevel JoinMiter JoinRound \
    KBAutoRepeatMode KBBellDuration KBBellPercent KBBellPitch KBKey KBKeyClickPercent KBLed KBLedMode KeyPress \
    KeyPressMask KeyRelease KeyReleaseMask KeymapNotify KeymapStateMask LASTEvent LSBFirst LastExtensionError \
    LeaveNotify LeaveWindowMask LedModeOff LedModeOn LineDoubleDash LineOnOffDash LineSolid LockMapIndex \
    LockMask LowerHighest MSBFirst MapNotify MapRequest MappingBusy MappingFailed MappingKeyboard \
    MappingModifier MappingNotify MappingPointer MappingSuccess Mod1MapIndex Mod1Mask Mod2MapIndex Mod2Mask \
    Mod3MapIndex Mod3Mask Mod4MapIndex Mod4Mask Mod5MapIndex Mod5Mask MotionNotify NoEventMask NoExpose NoSymbol \
    Nonconvex None NorthEastGravity NorthGravity NorthWestGravity NotUseful NotifyAncestor NotifyDetailNone \
    NotifyGrab NotifyHint NotifyInferior NotifyNonlinear NotifyNonlinearVirtual NotifyNormal NotifyPointer \
    NotifyPointerRoot NotifyUngrab NotifyVirtual NotifyWhileGrabbed Opposite OwnerGrabButtonMask ParentRelative \
    PlaceOnBottom PlaceOnTop PointerMotionHintMask PointerMotionMask PointerRoot PointerWindow PreferBlanking \
    PropModeAppend PropModePrepend PropModeReplace PropertyChangeMask PropertyDelete PropertyNewValue \
    PropertyNotify PseudoColor QueuedAfterFlush QueuedAfterReading QueuedAlready RaiseLowest ReparentNotify \
    ReplayKeyboard ReplayPointer ResizeRedirectMask ResizeRequest RetainPermanent RetainTemporary RevertToNone \
    RevertToParent RevertToPointerRoot ScreenSaverActive ScreenSaverReset SelectionClear SelectionNotify \
    SelectionRequest SetModeDelete SetModeInsert ShiftMapIndex ShiftMask SouthEastGravity SouthGravity \
    SouthWestGravity StaticColor StaticGravity StaticGray Status StippleShape StructureNotifyMask \
    SubstructureNotifyMask SubstructureRedirectMask Success SyncBoth SyncKeyboard SyncPointer TileShape TopIf \
    True TrueColor UnmapGravity UnmapNotify Unsorted VisibilityChangeMask VisibilityFullyObscured \
    VisibilityNotify VisibilityPartiallyObscured VisibilityUnobscured WestGravity WhenMapped WindingRule YSorted \
    YXBanded YXSorted ZPixmap";

/// Macros of `<windows.h>`.
const WINDOWS: &str = "\
    ABORTDOC ABSOLUTE ACTIVATIONCONTEXTINFOCLASS ALTERNATE APIENTRY APIPRIVATE ASPECTX ASPECTXY ASPECTY BANDINFO \
    BASETYPES BITSPIXEL BLACKNESS BLACKONWHITE BLTALIGNMENT BOOL CALLBACK CAPTUREBLT CCHDEVICENAME CCHFORMNAME \
    CDECL CHECKJPEGFORMAT CHECKPNGFORMAT CLIPCAPS CLOSECHANNEL CLRBREAK CLRDTR CLRRTS CLR_NONE COLORMGMTCAPS \
    COLORONCOLOR COLORRES COMPLEXREGION CONST CURVECAPS CWCSTORAGENAME DELETE DESKTOPHORZRES DESKTOPVERTRES \
    DEVICEDATA DIB_RGB_COLORS DIFFERENCE DLGWINDOWEXTRA DOWNLOADFACE DOWNLOADHEADER DRAFTMODE DRAWPATTERNRECT \
    DRIVERVERSION DSTINVERT ENABLEDUPLEX ENABLEPAIRKERNING ENABLERELATIVEWIDTHS ENDDOC ENUMPAPERBINS \
    ENUMPAPERMETRICS EPSPRINTING ERROR ERROR_SUCCESS EVENPARITY EXTTEXTOUT E_ABORT E_FAIL E_INVALIDARG E_NOTIMPL \
    E_OUTOFMEMORY E_POINTER FALSE FALT FAR FARSTRUCT FASTCALL FCONTROL FILE_BEGIN FILE_CURRENT FILE_END \
    FLOODFILLBORDER FLOODFILLSURFACE FLUSHOUTPUT FNOINVERT FORCEINLINE FSHIFT FVIRTKEY \
    GDIREGISTERDDRAWPACKETVERSION GENERIC_READ GENERIC_WRITE GESTURECONFIGMAXCOUNT GHND GPTR HALFTONE HORZRES \
    HORZSIZE HTBORDER HTBOTTOM HTBOTTOMLEFT HTBOTTOMRIGHT HTCAPTION HTCLIENT HTCLOSE HTERROR HTGROWBOX HTHELP \
    HTHSCROLL HTLEFT HTMAXBUTTON HTMENU HTMINBUTTON HTNOWHERE HTOBJECT HTREDUCE HTRIGHT HTSIZE HTSIZEFIRST \
    HTSIZELAST HTSYSMENU HTTOP HTTOPLEFT HTTOPRIGHT HTTRANSPARENT HTVSCROLL HTZOOM HUGEP ICMENUMPROC IDABORT \
    IDCANCEL IDCLOSE IDCONTINUE IDHELP IDIGNORE IDNO IDOK IDRETRY IDTIMEOUT IDTRYAGAIN IDYES IFACEMETHODIMP \
    IFACEMETHODIMPV IGNORE IN INFINITE INVALID_HANDLE_VALUE LINECAPS LOGPIXELSX LOGPIXELSY MAKEINTRESOURCE \
    MARKPARITY MAXBYTE MAXCHAR MAXDWORD MAXDWORD32 MAXDWORD64 MAXINT MAXINT16 MAXINT32 MAXINT64 MAXINT8 \
    MAXINTATOM MAXLOGICALLOGNAMESIZE MAXLONG MAXLONG32 MAXLONG64 MAXLONGLONG MAXSHORT MAXSTRETCHBLTMODE MAXUINT \
    MAXUINT16 MAXUINT32 MAXUINT64 MAXUINT8 MAXULONG32 MAXULONG64 MAXULONGLONG MAXWORD MAX_PATH MERGECOPY \
    MERGEPAINT MFCOMMENT MINCHAR MININT MININT16 MININT32 MININT64 MININT8 MINLONG MINLONG32 MINLONG64 \
    MINLONGLONG MINSHORT MOUSETRAILS NEAR NEWFRAME NEXTBAND NOERROR NOLFILEIO NOLSTRING NOMIRRORBITMAP NOPARITY \
    NOTSRCCOPY NOTSRCERASE NOWINBASEINTERLOCK NO_ERROR NTAPI NTSYSAPI NTSYSCALLAPI NULLREGION NUMBRUSHES \
    NUMCOLORS NUMFONTS NUMMARKERS NUMPENS NUMRESERVED ODDPARITY OLDFONTENUMPROC ONE5STOPBITS ONESTOPBIT OPAQUE \
    OPENCHANNEL OPTIONAL OUT PAGE_READONLY PAGE_READWRITE PASCAL PASSTHROUGH PATCOPY PATINVERT PATPAINT \
    PDEVICESIZE PHYSICALHEIGHT PHYSICALOFFSETX PHYSICALOFFSETY PHYSICALWIDTH PLANES POLYGONALCAPS PURE \
    QUERYDIBSUPPORT QUERYESCSUPPORT RASTERCAPS RELATIVE RESETDEV RPCNSAPI RPCRTAPI SCALINGFACTORX SCALINGFACTORY \
    SELECTPAPERSOURCE SHADEBLENDCAPS SIMPLEREGION SIZEFULLSCREEN SIZEICONIC SIZENORMAL SIZEPALETTE SIZEZOOMHIDE \
    SIZEZOOMSHOW SPACEPARITY SPCLPASSTHROUGH2 SRCAND SRCCOPY SRCERASE SRCINVERT SRCPAINT STARTDOC STATUS_PENDING \
    STATUS_TIMEOUT STDAPI STDAPICALLTYPE STDAPIV STDAPIVCALLTYPE STDMETHODCALLTYPE STDMETHODIMP STDMETHODIMPV \
    STDMETHODVCALLTYPE STRETCHBLT STRICT SYNCHRONIZE SYSRGN S_FALSE S_OK TECHNOLOGY TEXTCAPS THIS TRANSPARENT \
    TRUE TWOSTOPBITS UNALIGNED UNALIGNED64 VERTRES VERTSIZE VOID VREFRESH WHITENESS WHITEONBLACK WIN32 WINAPI \
    WINAPIV WINDING WINGDIAPI WINNORMALIZEAPI WINOLEAPI WINSPOOLAPI WINVER WX86 XBUTTON1 XBUTTON2 cdecl far \
    hyper interface near pascal small";

/// Macros with arguments: of `<sys/sysmacros.h>`, `<sys/time.h>`, `<AssertMacros.h>`, `<windows.h>` and others. They replace a name
/// only in front of a parenthesis.
const WITH_ARGUMENTS: &str = "\
    BitmapBitOrder BitmapPad BitmapUnit BlackPixel BlackPixelOfScreen CellsOfScreen ConnectionNumber \
    DefaultColormap DefaultColormapOfScreen DefaultDepth DefaultDepthOfScreen DefaultGC DefaultGCOfScreen \
    DefaultRootWindow DefaultScreen DefaultScreenOfDisplay DefaultVisual DefaultVisualOfScreen DisplayCells \
    DisplayHeight DisplayHeightMM DisplayOfScreen DisplayPlanes DisplayString DisplayWidth DisplayWidthMM \
    DoesBackingStore DoesSaveUnders EventMaskOfScreen ExitWindows FAILED FD_CLR FD_ISSET FD_SET FD_ZERO \
    FreeModule GetCurrentTime HIBYTE HIWORD HeightMMOfScreen HeightOfScreen INT64_C ImageByteOrder LOBYTE LOWORD \
    LastKnownRequestProcessed LockSegment MAKELONG MAKEWORD MaxCmapsOfScreen MemoryBarrier MinCmapsOfScreen \
    NextRequest PlanesOfScreen ProtocolRevision ProtocolVersion QLength RGB RootWindow RootWindowOfScreen \
    SUCCEEDED S_ISDIR S_ISREG ScreenCount ScreenOfDisplay ServerVendor TEXT UINT64_C UnlockResource \
    VendorRelease WIFEXITED WhitePixel WhitePixelOfScreen WidthMMOfScreen WidthOfScreen Yield YieldProcessor \
    alloca assert_perror bcopy bzero check htonl htons isascii lstrcat lstrcmp lstrcpy lstrlen major makedev max \
    min minor ntohl ntohs require sigmask strdupa strndupa timeradd timerclear timercmp timerisset timersub \
    toascii verify wsprintf";
