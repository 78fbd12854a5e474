-- A large Jira in the tables of the backup `testdata/backup/demo`: 1,000 projects with schemes of their own, 5,000 custom
-- fields with contexts and options, 20,000 users, 5,000 filters, and 2,000,000 issues with values, versions and components.
-- Nothing is random: the same rows on every machine. The numbers stand in front of each part.

-- 1,000 projects, each with schemes of its own
INSERT INTO project (id, pname, pkey, originalkey, lead, description, projecttype, assigneetype, pcounter)
SELECT 100000 + n, 'Project ' || n, 'P' || n, 'P' || n, 'ada', 'Made to measure, number ' || n, 'software', 3, 2000
FROM generate_series(1, 1000) AS n;
INSERT INTO project_key (id, project_id, project_key)
SELECT 100000 + n, 100000 + n, 'P' || n FROM generate_series(1, 1000) AS n;
INSERT INTO permissionscheme (id, name) SELECT 100000 + n, 'Permissions ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO schemepermissions (id, scheme, permission_key, perm_type, perm_parameter)
SELECT 100000 + n * 100 + m, 100000 + n,
    (ARRAY['BROWSE_PROJECTS', 'CREATE_ISSUES', 'EDIT_ISSUES', 'ASSIGN_ISSUES', 'ADD_COMMENTS', 'DELETE_ISSUES'])[1 + m % 6],
    'group', 'group-' || m
FROM generate_series(1, 1000) AS n, generate_series(1, 60) AS m;
INSERT INTO notificationscheme (id, name) SELECT 100000 + n, 'Notifications ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO notification (id, scheme, event_type_id, notif_type)
SELECT 100000 + n * 20 + m, 100000 + n, 1 + m, 'Current_Assignee'
FROM generate_series(1, 1000) AS n, generate_series(0, 12) AS m;
INSERT INTO workflowscheme (id, name) SELECT 100000 + n, 'Workflows ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO jiraworkflows (id, workflowname, descriptor)
SELECT 100000 + n, 'Workflow ' || n, descriptor FROM generate_series(1, 1000) AS n, jiraworkflows WHERE id = 10000;
INSERT INTO workflowschemeentity (id, scheme, workflow, issuetype)
SELECT 100000 + n, 100000 + n, 'Workflow ' || n, '0' FROM generate_series(1, 1000) AS n;
INSERT INTO fieldlayoutscheme (id, name) SELECT 100000 + n, 'Field configurations ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO fieldlayoutschemeentity (id, scheme, issuetype, fieldlayout)
SELECT 100000 + n, 100000 + n, NULL, 100000 + n % 50 + 1 FROM generate_series(1, 1000) AS n;
INSERT INTO fieldlayout (id, name) SELECT 100000 + n, 'Field configuration ' || n FROM generate_series(1, 50) AS n;
INSERT INTO issuetypescreenscheme (id, name) SELECT 100000 + n, 'Screens ' || n FROM generate_series(1, 1000) AS n;
INSERT INTO issuetypescreenschemeentity (id, scheme, issuetype, fieldscreenscheme)
SELECT 100000 + n, 100000 + n, NULL, 100000 + n % 200 + 1 FROM generate_series(1, 1000) AS n;
INSERT INTO fieldscreenscheme (id, name) SELECT 100000 + n, 'Screen scheme ' || n FROM generate_series(1, 200) AS n;
INSERT INTO fieldscreenschemeitem (id, operation, fieldscreen, fieldscreenscheme)
SELECT 100000 + n, NULL, 100000 + n, 100000 + n FROM generate_series(1, 200) AS n;
INSERT INTO fieldscreen (id, name) SELECT 100000 + n, 'Screen ' || n FROM generate_series(1, 200) AS n;
INSERT INTO fieldscreentab (id, name, sequence, fieldscreen)
SELECT 100000 + n, 'Tab', 0, 100000 + n FROM generate_series(1, 200) AS n;
INSERT INTO nodeassociation (source_node_id, source_node_entity, sink_node_id, sink_node_entity, association_type)
SELECT 100000 + n, 'Project', 100000 + n, scheme, 'ProjectScheme'
FROM generate_series(1, 1000) AS n, unnest(ARRAY['PermissionScheme', 'NotificationScheme', 'WorkflowScheme',
    'FieldLayoutScheme', 'IssueTypeScreenScheme']) AS scheme;
INSERT INTO projectversion (id, project, vname, sequence)
SELECT 100000 + n * 20 + m, 100000 + n, 'Version ' || m, m FROM generate_series(1, 1000) AS n, generate_series(1, 10) AS m;
INSERT INTO component (id, project, cname)
SELECT 100000 + n * 20 + m, 100000 + n, 'Component ' || m FROM generate_series(1, 1000) AS n, generate_series(1, 10) AS m;
INSERT INTO projectroleactor (id, pid, projectroleid, roletype, roletypeparameter)
SELECT 200000 + n * 20 + m, 100000 + n, role.id, 'atlassian-group-role-actor', 'group-' || m
FROM generate_series(1, 1000) AS n, generate_series(1, 10) AS m, (SELECT min(id) AS id FROM projectrole) AS role;

-- 5,000 custom fields: every tenth for all projects, the others for one; ten options each, and a place on 40 screens
INSERT INTO customfield (id, cfname, customfieldtypekey, customfieldsearcherkey, description)
SELECT 100000 + n, 'Field ' || n, 'com.atlassian.jira.plugin.system.customfieldtypes:select',
    'com.atlassian.jira.plugin.system.customfieldtypes:multiselectsearcher', 'Made to measure'
FROM generate_series(1, 5000) AS n;
INSERT INTO fieldconfigscheme (id, configname, fieldid)
SELECT 100000 + n, 'Context ' || n, 'customfield_' || 100000 + n FROM generate_series(1, 5000) AS n;
INSERT INTO fieldconfiguration (id, configname, fieldid)
SELECT 100000 + n, 'Context ' || n, 'customfield_' || 100000 + n FROM generate_series(1, 5000) AS n;
INSERT INTO fieldconfigschemeissuetype (id, issuetype, fieldconfigscheme, fieldconfiguration)
SELECT 100000 + n, NULL, 100000 + n, 100000 + n FROM generate_series(1, 5000) AS n;
INSERT INTO configurationcontext (id, customfield, fieldconfigscheme, project)
SELECT 100000 + n, 'customfield_' || 100000 + n, 100000 + n, CASE WHEN n % 10 > 0 THEN 100001 + n % 1000 END
FROM generate_series(1, 5000) AS n;
INSERT INTO customfieldoption (id, customfield, customfieldconfig, sequence, customvalue, disabled)
SELECT 1000000 + n * 10 + m, 100000 + n, 100000 + n, m, 'Option ' || m, 'N'
FROM generate_series(1, 5000) AS n, generate_series(0, 9) AS m;
INSERT INTO fieldscreenlayoutitem (id, fieldidentifier, sequence, fieldscreentab)
SELECT 100000 + n * 100 + m, 'customfield_' || 100001 + (n * 40 + m) % 5000, m, 100000 + n
FROM generate_series(1, 200) AS n, generate_series(0, 39) AS m;
INSERT INTO fieldlayoutitem (id, fieldlayout, fieldidentifier, ishidden, isrequired)
SELECT 1000000 + n * 5000 + m, 100000 + n, 'customfield_' || 100000 + m, 'false', 'false'
FROM generate_series(1, 10) AS n, generate_series(1, 5000) AS m;

-- 20,000 users in 200 groups, 5,000 filters
INSERT INTO cwd_user (id, directory_id, user_name, lower_user_name, active, display_name, email_address)
SELECT 100000 + n, 1, 'user-' || n, 'user-' || n, 1, 'User ' || n, 'user-' || n || '@example.com'
FROM generate_series(1, 20000) AS n;
INSERT INTO app_user (id, user_key, lower_user_name)
SELECT 100000 + n, 'JIRAUSER' || 100000 + n, 'user-' || n FROM generate_series(1, 20000) AS n;
INSERT INTO cwd_group (id, directory_id, group_name, lower_group_name, active)
SELECT 100000 + n, 1, 'group-' || n, 'group-' || n, 1 FROM generate_series(1, 200) AS n;
INSERT INTO cwd_membership (id, parent_id, child_id, membership_type, parent_name, lower_parent_name, child_name,
    lower_child_name, directory_id)
SELECT 1000000 + n * 10 + m, 100000 + (n * 7 + m) % 200 + 1, 100000 + n, 'GROUP_USER', 'group-' || (n * 7 + m) % 200 + 1,
    'group-' || (n * 7 + m) % 200 + 1, 'user-' || n, 'user-' || n, 1
FROM generate_series(1, 20000) AS n, generate_series(0, 4) AS m;
INSERT INTO searchrequest (id, filtername, authorname, username, reqcontent)
SELECT 100000 + n, 'Filter ' || n, 'ada', 'ada', 'project = P' || n % 1000 + 1 || ' AND cf[' || 100000 + n || '] is not EMPTY'
FROM generate_series(1, 5000) AS n;

-- 300,000 properties of apps, which are not read
INSERT INTO propertyentry (id, entity_name, entity_id, property_key, propertytype)
SELECT 1000000 + n, 'some.app', n, 'state', 5 FROM generate_series(1, 300000) AS n;
INSERT INTO propertystring (id, propertyvalue) SELECT 1000000 + n, 'state ' || n FROM generate_series(1, 300000) AS n;

-- 2,000,000 issues, as many values of fields and associations
INSERT INTO jiraissue (id, project, issuetype, issuestatus)
SELECT 1000000 + n, 100001 + n % 1000, '10000', (ARRAY['1', '3', '6'])[1 + n % 3] FROM generate_series(1, 2000000) AS n;
INSERT INTO customfieldvalue (id, issue, customfield, stringvalue)
SELECT 1000000 + n, 1000000 + n, 100001 + n % 5000, (1000010 + n % 50000)::text FROM generate_series(1, 2000000) AS n;
INSERT INTO nodeassociation (source_node_id, source_node_entity, sink_node_id, sink_node_entity, association_type)
SELECT 1000000 + n, 'Issue', 100021 + n % 20000, (ARRAY['Version', 'Component'])[1 + n % 2],
    (ARRAY['IssueFixVersion', 'IssueComponent'])[1 + n % 2]
FROM generate_series(1, 2000000) AS n;
